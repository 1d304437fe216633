// A department's quotas: what of each kind is its own, what it may borrow and lends, what it holds; and editing one.

import { useState } from 'preact/hooks';
import { useResource } from '../data/resource.ts';
import { may } from '../data/session.ts';
import type { Quota } from '../data/shapes.ts';
import { amount } from '../parts/format.ts';
import { Bar } from '../parts/mark.tsx';
import { Panel, Shown } from '../parts/panel.tsx';
import { Scroll } from '../parts/scroll.tsx';
import { EditAmounts } from './editAmounts.tsx';

const FIELDS = ['nominal', 'borrowingLimit', 'lendingLimit'] as const;

export function Quotas({ department }: { readonly department: string }) {
  const [edited, setEdited] = useState<Quota | null>(null);
  const quotas = useResource({
    key: `quotas/${department}`,
    load: (api) => api.all<Quota>('/v1/quotas', { query: { department } }),
    everyMs: 3000,
  });
  return (
    <Panel title="Quotas" wide note="the mark is its own share">
      <Shown
        of={quotas}
        empty={{ when: (all) => all.length === 0, say: 'It has no quota: it is not limited in any kind.' }}
      >
        {(all) => (
          <Scroll label="Quotas">
            <table>
              <thead>
                <tr>
                  {['kind', 'cohort', 'use', 'used', 'own', 'may borrow', 'lends', ''].map((title, at) => (
                    <th key={title} scope="col" class={at > 2 && at < 7 ? 'number' : ''}>
                      {title === '' ? <span class="hidden">edit</span> : title}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {all.map((quota) => (
                  <QuotaRow key={quota.kind} quota={quota} onEdit={() => setEdited(quota)} />
                ))}
              </tbody>
            </table>
          </Scroll>
        )}
      </Shown>
      {edited === null ? null : (
        <EditAmounts
          title={`Quota of ${edited.department} for ${edited.kind}`}
          verb="Change the quota"
          path={`/v1/quotas/${encodeURIComponent(edited.department)}/${encodeURIComponent(edited.kind)}`}
          fields={FIELDS}
          show={amount}
          bodyOf={(amounts, { cohort }) => ({ ...amounts, cohort })}
          inUse={(used) => `In use now: ${amount(used)}.`}
          onDone={quotas.reload}
          onClose={() => setEdited(null)}
        />
      )}
    </Panel>
  );
}

function QuotaRow({ quota, onEdit }: { readonly quota: Quota; readonly onEdit: () => void }) {
  const { kind, cohort, used, nominal, borrowingLimit, lendingLimit } = quota;
  return (
    <tr>
      <th scope="row">{kind}</th>
      <td>{cohort ?? '–'}</td>
      <td>
        <Bar used={used} of={nominal + borrowingLimit} mark={nominal} />
      </td>
      <td class="number">{amount(used)}</td>
      <td class="number">{amount(nominal)}</td>
      <td class="number">{amount(borrowingLimit)}</td>
      <td class="number">{amount(lendingLimit)}</td>
      <td>
        {may('editQuotas') ? (
          <button type="button" onClick={onEdit} aria-label={`Edit the quota of ${kind}`}>
            Edit
          </button>
        ) : null}
      </td>
    </tr>
  );
}
