// Departments: what each is entitled to, and, of one, its scorecard, agents, quotas and budgets.

import { linkTo } from '../data/address.ts';
import type { Api } from '../data/api.ts';
import { useClock } from '../data/clock.ts';
import { useResource } from '../data/resource.ts';
import { may, useMe } from '../data/session.ts';
import type { Agent, Department, UsageRow } from '../data/shapes.ts';
import { amount, percent, plain, since, span } from '../parts/format.ts';
import { Facts } from '../parts/mark.tsx';
import { Panel, Shown } from '../parts/panel.tsx';
import { Scroll } from '../parts/scroll.tsx';
import { Budgets } from './budgets.tsx';
import { Quotas } from './quotas.tsx';

const MOST = 1000;

export function DepartmentsPage() {
  const me = useMe();
  const departments = useResource({
    key: 'departments',
    load: (api) => api.all<Department>('/v1/departments', { most: MOST }),
    everyMs: 0,
  });
  return (
    <>
      <h1>Departments</h1>
      <Shown
        of={departments}
        empty={{ when: (all) => all.length === 0, say: 'The organisation has no department.' }}
      >
        {(all) => (
          <Scroll label="Departments">
            <table>
              <thead>
                <tr>
                  <th scope="col">department</th>
                  <th scope="col">title</th>
                  <th scope="col" class="number">
                    agents
                  </th>
                  <th scope="col" class="number">
                    weight
                  </th>
                  <th scope="col">up to</th>
                  <th scope="col">classes</th>
                  <th scope="col">kinds</th>
                </tr>
              </thead>
              <tbody>
                {all.map((each) => (
                  <tr key={each.id} class={each.id === me.department ? 'own' : ''}>
                    <th scope="row">
                      <a href={linkTo(['departments', each.id])}>{each.id}</a>
                    </th>
                    <td>{each.title}</td>
                    <td class="number">{amount(each.agents)}</td>
                    <td class="number">{amount(each.weight)}</td>
                    <td>{each.clearanceCeiling}</td>
                    <td>{plain(each.classes)}</td>
                    <td>{each.kinds === null ? 'all' : plain(each.kinds)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </Scroll>
        )}
      </Shown>
    </>
  );
}

export function DepartmentPage({ id }: { readonly id: string }) {
  const department = useResource({
    key: id,
    load: (api) => api.get<Department>(`/v1/departments/${encodeURIComponent(id)}`),
    everyMs: 0,
  });
  return (
    <>
      <p class="crumbs">
        <a href={linkTo(['departments'])}>Departments</a> › {id}
      </p>
      <Shown of={department}>
        {(value) => (
          <>
            <h1>{value.title}</h1>
            <div class="panels">
              <Panel title="Entitled to">
                <Facts
                  of={{
                    classes: plain(value.classes),
                    kinds: value.kinds === null ? 'all' : plain(value.kinds),
                    mostInOneRequest: plain(value.requestLimits),
                    clearanceUpTo: value.clearanceCeiling,
                    weight: amount(value.weight),
                    agents: amount(value.agents),
                    requests: <a href={linkTo(['requests'], { department: id })}>its requests</a>,
                  }}
                />
              </Panel>
              <Scorecard department={id} />
              <Quotas department={id} />
              <Budgets department={id} />
              <Agents department={id} />
            </div>
          </>
        )}
      </Shown>
    </>
  );
}

/** Of the last 30 days, by agent; who may not see the department sees that it may not. */
function Scorecard({ department }: { readonly department: string }) {
  const me = useMe();
  const isSeen = me.may.readUsage === 'all' || me.department === department;
  if (!isSeen || !may('readUsage')) return null;
  return <UsagePanel department={department} />;
}

function UsagePanel({ department }: { readonly department: string }) {
  const usage = useResource({
    key: `usage/${department}`,
    load: (api) => readUsage(api, department),
    everyMs: 60_000,
  });
  return (
    <Panel title="Scorecard" note="the last 30 days">
      <Shown
        of={usage}
        empty={{ when: (rows) => rows.length === 0, say: 'It asked for nothing in the last 30 days.' }}
      >
        {([row]) => (row === undefined ? null : <Score row={row} />)}
      </Shown>
    </Panel>
  );
}

async function readUsage(api: Api, department: string): Promise<readonly UsageRow[]> {
  const { items } = await api.get<{ readonly items: readonly UsageRow[] }>('/v1/usage', {
    by: 'department',
    format: 'json',
  });
  return items.filter((row) => row.department === department);
}

function Score({ row }: { readonly row: UsageRow }) {
  const decided = row.granted + row.denied;
  return (
    <Facts
      of={{
        requests: amount(row.requests),
        granted: `${amount(row.granted)} (${percent(decided > 0 ? row.granted / decided : null)} of those decided)`,
        denied: amount(row.denied),
        waitedUsually: span(row.waitedP50Ms),
        waitedAtWorst: row.waitedP95Ms === null ? '–' : `${span(row.waitedP95Ms)}, 19 of 20 less`,
        leasesNeverUsed: amount(row.expiredUnused),
        held: Object.entries(row.unitSeconds)
          .map(([kind, seconds]) => `${amount(Math.round(seconds / 3600))} ${kind}-hours`)
          .join(', '),
        settled:
          row.settledMinor === null
            ? null
            : Object.entries(row.settledMinor)
                .map(([currency, minor]) => `${(minor / 100).toFixed(2)} ${currency}`)
                .join(', '),
      }}
    />
  );
}

function Agents({ department }: { readonly department: string }) {
  const at = useClock();
  const agents = useResource({
    key: `agents/${department}`,
    load: (api) => api.all<Agent>('/v1/agents', { query: { department }, most: 5000 }),
    everyMs: 30_000,
  });
  return (
    <Panel title="Agents" wide note={agents.value === null ? undefined : `${amount(agents.value.length)}`}>
      <Shown of={agents} empty={{ when: (all) => all.length === 0, say: 'No agent acts for it.' }}>
        {(all) => (
          <Scroll label="Agents" short>
            <table>
              <thead>
                <tr>
                  <th scope="col">agent</th>
                  <th scope="col">roles</th>
                  <th scope="col">skills</th>
                  <th scope="col">clearance</th>
                  <th scope="col">paid by</th>
                  <th scope="col" class="number">
                    at once
                  </th>
                  <th scope="col" class="number">
                    heard of
                  </th>
                </tr>
              </thead>
              <tbody>
                {all.map((agent) => (
                  <tr key={agent.id}>
                    <th scope="row">{agent.id}</th>
                    <td>{plain(agent.roles)}</td>
                    <td>{plain(agent.skills)}</td>
                    <td>{agent.clearance}</td>
                    <td>{plain(agent.accounts)}</td>
                    <td class="number">{amount(agent.concurrency)}</td>
                    <td class="number">
                      {agent.heartbeatAt === null ? 'never' : since(agent.heartbeatAt, at)}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </Scroll>
        )}
      </Shown>
    </Panel>
  );
}
