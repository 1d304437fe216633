// Whether the scheduler is fair to one's department: what it holds against what is its own, who borrows from whom.

import { linkTo } from '../data/address.ts';
import { type CohortStanding, cohortsOf, lendingSentence } from '../data/fairness.ts';
import { useResource } from '../data/resource.ts';
import { useMe } from '../data/session.ts';
import type { Quota } from '../data/shapes.ts';
import { amount } from '../parts/format.ts';
import { Bar } from '../parts/mark.tsx';
import { Panel, Shown } from '../parts/panel.tsx';

export function SharesNow() {
  const quotas = useResource({
    key: 'quotas',
    load: async (api) => cohortsOf(await api.all<Quota>('/v1/quotas', { most: 2000 })),
    everyMs: 3000,
  });
  return (
    <Panel
      title="Shares against quota"
      wide
      note="by kind and cohort; the mark is the department's own share"
    >
      <Shown
        of={quotas}
        empty={{ when: (all) => all.length === 0, say: 'No department has a quota: none is limited.' }}
      >
        {(cohorts) => (
          <div class="cohorts">
            {cohorts.map((cohort) => (
              <Cohort key={`${cohort.kind}/${cohort.cohort}`} of={cohort} />
            ))}
          </div>
        )}
      </Shown>
    </Panel>
  );
}

function Cohort({ of }: { readonly of: CohortStanding }) {
  const { department } = useMe();
  const lending = lendingSentence(of);
  return (
    <section>
      <h3>
        {of.kind} <span class="muted">{of.cohort === null ? 'lends to nobody' : of.cohort}</span>
      </h3>
      <table>
        <tbody>
          {of.members.map((member) => (
            <tr key={member.department} class={member.department === department ? 'own' : ''}>
              <th scope="row">
                <a href={linkTo(['departments', member.department])}>{member.department}</a>
              </th>
              <td>
                <Bar used={member.used} of={member.nominal + member.borrowingLimit} mark={member.nominal} />
              </td>
              <td class="number">{amount(member.used)}</td>
              <td class="number muted">of {amount(member.nominal)}</td>
              <td class="number">{member.borrows > 0 ? `${amount(member.borrows)} borrowed` : ''}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {lending === '' ? null : <p class="muted">{lending}</p>}
    </section>
  );
}
