// One tick: its certificate and what bounds it, what was scarce at which price, who got which share, and the check of all of it in this browser.
// Invariant: the check runs the code of `annona verify` on the tick's file; the server is asked for the file and nothing else.

import { useState } from 'preact/hooks';
import { ProblemError } from '../../client/problem.ts';
import { linkTo } from '../data/address.ts';
import { gapOf, pricesOf, tickMs } from '../data/fairness.ts';
import { useResource } from '../data/resource.ts';
import { may, useApi } from '../data/session.ts';
import type { Share, Stage, Tick } from '../data/shapes.ts';
import { CopyButton, download } from '../parts/copy.tsx';
import { amount, instant, label, percent, plain, short, span } from '../parts/format.ts';
import { Facts } from '../parts/mark.tsx';
import { Failure, Panel, Shown } from '../parts/panel.tsx';
import { Scroll } from '../parts/scroll.tsx';
import { askOnce } from '../work/ask.ts';
import type { Verification } from '../work/verification.ts';

export function TickPage({ id }: { readonly id: string }) {
  const tick = useResource({
    key: id,
    load: (api) => api.get<Tick>(`/v1/ticks/${encodeURIComponent(id)}`),
    everyMs: 0,
  });
  return (
    <>
      <p class="crumbs">
        <a href={linkTo(['ticks'])}>Ticks</a> › <span class="id">{id}</span>
      </p>
      <Shown of={tick}>{(value) => <Whole tick={value} />}</Shown>
    </>
  );
}

function Whole({ tick }: { readonly tick: Tick }) {
  return (
    <>
      <h1>
        Tick {amount(tick.tick)} <span class="muted">at {instant(tick.now)}</span>
      </h1>
      <Verify tick={tick} />
      <div class="panels">
        <Certificate tick={tick} />
        <Panel title="What it decided">
          <Facts
            of={Object.fromEntries(Object.entries(tick.counts).map(([name, value]) => [name, amount(value)]))}
          />
        </Panel>
        <Prices tick={tick} />
        <Rules tick={tick} />
        <Panel title="Inputs and digests" wide>
          <Facts
            of={{
              epoch: tick.epoch,
              policyRevision: <span class="id">{short(tick.policyRevision)}</span>,
              configurationRevision: <span class="id">{tick.configurationRevision}</span>,
              engine: tick.engineBuild ?? tick.engine,
              work: plain(tick.work),
              took: `${span(tickMs(tick))} (${Object.entries(tick.timings ?? {})
                .map(([name, ms]) => `${label(name.replace(/Ms$/, ''))} ${span(ms)}`)
                .join(', ')})`,
              ...Object.fromEntries(
                Object.entries(tick.digests ?? {}).map(([name, digest]) => [
                  `${name}Digest`,
                  <span class="id">{short(digest)}</span>,
                ]),
              ),
              digest: <span class="id">{short(tick.digest)}</span>,
              previousDigest: <span class="id">{short(tick.previousDigest)}</span>,
            }}
          />
        </Panel>
        <Shares />
      </div>
    </>
  );
}

function Certificate({ tick }: { readonly tick: Tick }) {
  const gap = gapOf(tick);
  return (
    <Panel
      title="Certificate"
      wide
      note="no plan that keeps the higher classes' grants is worth more than the bound"
    >
      {tick.stages.length === 0 ? (
        <p class="empty">Nothing was to be solved: no request could be granted anything.</p>
      ) : (
        <>
          <p>
            {gap === 0
              ? 'The plan is proved to be the best that there is.'
              : `The plan is proved to be within ${percent(gap, 4)} of the best that there can be.`}
          </p>
          <Scroll label="Stages">
            <table>
              <thead>
                <tr>
                  {['class', 'value', 'bound', 'gap', 'proved by', 'ended', 'work'].map((title, at) => (
                    <th key={title} scope="col" class={at > 0 && at < 4 ? 'number' : ''}>
                      {title}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {tick.stages.map((stage) => (
                  <StageRow key={stage.stage} stage={stage} />
                ))}
              </tbody>
            </table>
          </Scroll>
        </>
      )}
      {tick.fault ? (
        <p class="failure">The solver was cut short: {tick.fault}. What could be proved without it stands.</p>
      ) : null}
    </Panel>
  );
}

function StageRow({ stage }: { readonly stage: Stage }) {
  return (
    <tr>
      <th scope="row">{stage.class}</th>
      <td class="number">{amount(stage.value)}</td>
      <td class="number">{amount(stage.bound)}</td>
      <td class="number">{percent(stage.gap, 4)}</td>
      <td>{stage.method}</td>
      <td>{stage.ended === 'workLimit' ? 'at its bound of work' : (stage.ended ?? '–')}</td>
      <td>{plain(stage.work)}</td>
    </tr>
  );
}

function Prices({ tick }: { readonly tick: Tick }) {
  if (tick.stages.some(({ multipliers }) => multipliers === null)) return null;
  const rows = [...pricesOf(tick)].filter(([, price]) => price > 0).toSorted(([, a], [, b]) => b - a);
  return (
    <Panel title="Binding rows and their prices" note="what one unit more would be worth at most">
      {rows.length === 0 ? (
        <p class="empty">
          No row of the program was priced by itself: nothing was scarce, or the proof branches and has prices
          in each of its leaves.
        </p>
      ) : (
        <Scroll label="Prices" short>
          <table>
            <thead>
              <tr>
                <th scope="col">row</th>
                <th scope="col" class="number">
                  price
                </th>
              </tr>
            </thead>
            <tbody>
              {rows.map(([row, price]) => (
                <tr key={row}>
                  <td>{row}</td>
                  <td class="number">{price.toFixed(3)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
    </Panel>
  );
}

function Rules({ tick: { rules = [], revocations } }: { readonly tick: Tick }) {
  if (rules.length === 0 && revocations === undefined) return null;
  return (
    <Panel title="Policy rows and revocations">
      {rules.map(({ id, mode, op, sum, limit }) => (
        <p key={id}>
          <span class="code">{id}</span> ({mode}): {amount(sum)} where {op} {amount(limit)} is wanted
        </p>
      ))}
      {revocations === undefined ? null : (
        <p>
          {amount(revocations.looked)} nominees looked at, {amount(revocations.plans.length)} plans to take
          leases back
          {revocations.left > 0 ? `, ${amount(revocations.left)} left for later ticks` : ''}
        </p>
      )}
    </Panel>
  );
}

function Shares() {
  const shares = useResource({
    key: 'shares',
    load: async (api) => (await api.get<{ readonly items: readonly Share[] }>('/v1/shares')).items,
    everyMs: 0,
  });
  return (
    <Panel title="Fairness" wide note="part of each class's time that a department held, last seven days">
      <Shown
        of={shares}
        empty={{ when: (all) => all.length === 0, say: 'Nothing was held in the last seven days.' }}
      >
        {(all) => <ShareTable shares={all} />}
      </Shown>
    </Panel>
  );
}

function ShareTable({ shares }: { readonly shares: readonly Share[] }) {
  const columns = [...new Set(shares.map((share) => `${share.kind}, ${share.class}`))].sort();
  const departments = [...new Set(shares.map(({ department }) => department))].sort();
  const part = new Map(
    shares.map((share) => [`${share.department} ${share.kind}, ${share.class}`, share.thousandths]),
  );
  return (
    <Scroll label="Shares">
      <table>
        <thead>
          <tr>
            <th scope="col">department</th>
            {columns.map((title) => (
              <th key={title} scope="col" class="number">
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {departments.map((department) => (
            <tr key={department}>
              <th scope="row">{department}</th>
              {columns.map((title) => (
                <td key={title} class="number">
                  {percent((part.get(`${department} ${title}`) ?? 0) / 1000, 1)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

type Verified =
  | { readonly type: 'idle' | 'busy' }
  | { readonly type: 'done'; readonly found: Verification }
  | { readonly type: 'failed'; readonly error: unknown };

function Verify({ tick }: { readonly tick: Tick }) {
  const api = useApi();
  const [state, setState] = useState<Verified>({ type: 'idle' });
  const path = `/v1/ticks/${tick.tick}/file`;
  const run = async (act: (file: unknown) => void | Promise<void>): Promise<void> => {
    setState({ type: 'busy' });
    try {
      await act(await api.get<unknown>(path));
    } catch (error) {
      setState({ type: 'failed', error });
    }
  };
  const verify = (): Promise<void> =>
    run(async (file) => {
      const worker = new Worker(new URL('../work/verifyWorker.ts', import.meta.url), { type: 'module' });
      setState({ type: 'done', found: await askOnce<Verification>(worker, { file, record: tick }) });
    });
  const take = (): Promise<void> =>
    run((file) => {
      download(`tick-${tick.tick}.json`, file);
      setState({ type: 'idle' });
    });
  return (
    <>
      <div class="actions">
        {may('readTickFiles') && tick.stages.length > 0 ? (
          <>
            <button type="button" class="primary" disabled={state.type === 'busy'} onClick={verify}>
              {state.type === 'busy' ? 'Checking…' : 'Verify in this browser'}
            </button>
            <button type="button" disabled={state.type === 'busy'} onClick={take}>
              Download the tick file
            </button>
          </>
        ) : null}
        <CopyButton text={`npx annona verify ${tick.tick}`}>Copy as CLI</CopyButton>
      </div>
      {state.type !== 'failed' ? null : isNotKept(state.error) ? (
        <NotKept tick={tick.tick} />
      ) : (
        <Failure of={state.error} onRetry={verify} />
      )}
      {state.type === 'done' ? <Checks of={state.found} /> : null}
    </>
  );
}

const isNotKept = (error: unknown): boolean =>
  error instanceof ProblemError && error.problem.code === 'NOT_FOUND';

/** A busy cell goes through the files that it keeps in seconds: an older tick is decided again from the log. */
function NotKept({ tick }: { readonly tick: number }) {
  return (
    <div class="failure" role="alert">
      <p>
        The server keeps the files of its last ticks alone, and this one is older. The command decides it
        again from what the log holds, and compares every digest.
      </p>
      <div class="actions">
        <CopyButton text={`npx annona verify ${tick} --replay`}>Copy the command</CopyButton>
      </div>
    </div>
  );
}

function Checks({ of: { ok, checks, open } }: { readonly of: Verification }) {
  return (
    <section class={ok ? 'verified' : 'verified wrong'} role="status">
      <p>
        <strong>{ok ? 'Verified: every check holds.' : 'Not verified.'}</strong> Checked here, from the tick's
        own file.
      </p>
      <ul>
        {checks.map(({ what, ok: held, found }) => (
          <li key={what}>
            <span class={held ? 'state good' : 'state bad'}>
              <span aria-hidden="true">{held ? '✓' : '✕'}</span> {what}
            </span>{' '}
            {found}
          </li>
        ))}
        {open.map((note) => (
          <li key={note} class="muted">
            {note}
          </li>
        ))}
      </ul>
    </section>
  );
}
