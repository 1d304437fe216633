// Departments: what each is entitled to, and, of one, its scorecard, agents, quotas and budgets.

import { useMemo, useState } from 'preact/hooks';
import { linkTo } from '../data/address.ts';
import { useClock } from '../data/clock.ts';
import { useResource } from '../data/resource.ts';
import { useMe } from '../data/session.ts';
import type { Agent, Department } from '../data/shapes.ts';
import { ago, amount, plain } from '../parts/format.ts';
import { Facts } from '../parts/mark.tsx';
import { Panel, Shown } from '../parts/panel.tsx';
import { Scroll } from '../parts/scroll.tsx';
import { Budgets } from './budgets.tsx';
import { Quotas } from './quotas.tsx';
import { Scorecard } from './scorecard.tsx';

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
          <div class="panel">
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
                    <th scope="col">cleared up to</th>
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
          </div>
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

function Agents({ department }: { readonly department: string }) {
  const agents = useResource({
    key: `agents/${department}`,
    load: (api) => api.all<Agent>('/v1/agents', { query: { department }, most: 5000 }),
    everyMs: 30_000,
  });
  return (
    <Panel title="Agents" wide note={agents.value === null ? undefined : `${amount(agents.value.length)}`}>
      <Shown of={agents} empty={{ when: (all) => all.length === 0, say: 'No agent acts for it.' }}>
        {(all) => <AgentTable agents={all} />}
      </Shown>
    </Panel>
  );
}

/** Of thousands the first are shown until all are asked for; ages move so slowly that the rows are drawn anew every ten seconds. */
const AGENTS_SHOWN = 60;
const AGES_MS = 10_000;

function AgentTable({ agents }: { readonly agents: readonly Agent[] }) {
  const [whole, setWhole] = useState(false);
  const at = Math.floor(useClock() / AGES_MS) * AGES_MS;
  const rows = useMemo(
    () =>
      agents
        .slice(0, whole ? agents.length : AGENTS_SHOWN)
        .map((agent) => <AgentRow key={agent.id} agent={agent} at={at} />),
    [agents, whole, at],
  );
  return (
    <Scroll label="Agents" short>
      <table>
        <thead>
          <tr>
            {['agent', 'roles', 'skills', 'clearance', 'paid by', 'at once', 'heard of'].map(
              (title, column) => (
                <th key={title} scope="col" class={column > 4 ? 'number' : ''}>
                  {title}
                </th>
              ),
            )}
          </tr>
        </thead>
        <tbody>{rows}</tbody>
      </table>
      {whole || agents.length <= AGENTS_SHOWN ? null : (
        <button type="button" class="link" onClick={() => setWhole(true)}>
          Show all {amount(agents.length)}
        </button>
      )}
    </Scroll>
  );
}

function AgentRow({ agent, at }: { readonly agent: Agent; readonly at: number }) {
  const { id, roles, skills, clearance, accounts, concurrency, heartbeatAt } = agent;
  return (
    <tr>
      <th scope="row">{id}</th>
      <td>{plain(roles)}</td>
      <td>{plain(skills)}</td>
      <td>{clearance}</td>
      <td>{plain(accounts)}</td>
      <td class="number">{amount(concurrency)}</td>
      <td class="number">{heartbeatAt === null ? 'never' : ago(heartbeatAt, at)}</td>
    </tr>
  );
}
