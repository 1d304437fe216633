// Simulations: what was asked for and how far it is, a new one, an end to one that runs, and the results of several in one table.
// Invariant: a simulation changes nothing of the cell; what is compared are the figures that the jobs wrote, and nothing is computed here anew.

import { useState } from 'preact/hooks';
import type { Api } from '../data/api.ts';
import { useClock } from '../data/clock.ts';
import { useResource } from '../data/resource.ts';
import { setQuery, useAddress } from '../data/route.ts';
import { may, useApi } from '../data/session.ts';
import type { Job, JobFile } from '../data/simulations.ts';
import { saidOf } from '../data/simulations.ts';
import { downloadText } from '../parts/copy.tsx';
import { Confirm } from '../parts/dialog.tsx';
import { amount, instant, percent, since } from '../parts/format.ts';
import { State } from '../parts/mark.tsx';
import { Failure, Panel, Shown } from '../parts/panel.tsx';
import { Scroll } from '../parts/scroll.tsx';
import { NewSimulation } from './newSimulation.tsx';
import { SideBySide } from './sideBySide.tsx';

const MOST = 200;
/** Progress comes once a second, and no event tells of it. */
const EVERY_MS = 1000;

export function SimulationsPage() {
  const { query } = useAddress();
  const [isAsking, setIsAsking] = useState(false);
  const jobs = useResource({
    key: 'simulations',
    load: (api) => api.all<Job>('/v1/jobs', { query: { kind: 'simulation' }, most: MOST }),
    everyMs: EVERY_MS,
  });
  const chosen = (query.compare ?? '').split(',').filter((id) => id !== '');
  const choose = (id: string, on: boolean): void =>
    setQuery({ compare: (on ? [...chosen, id] : chosen.filter((one) => one !== id)).join(',') });
  return (
    <>
      <h1>Simulations</h1>
      <p class="muted">
        The same requests under several schedulers, in virtual time. They run beside the cell with the lowest
        priority and change nothing of it.
      </p>
      {may('runJobs') ? (
        <div class="actions">
          <button type="button" class="primary" onClick={() => setIsAsking(true)}>
            New simulation
          </button>
        </div>
      ) : null}
      <Shown
        of={jobs}
        empty={{
          when: (all) => all.length === 0,
          say: 'No simulation yet. One of a thousand generated requests takes some seconds; results are kept for seven days.',
        }}
      >
        {(all) => (
          <div class="panels">
            <JobTable jobs={all} chosen={chosen} onChoose={choose} onDone={jobs.reload} />
            {chosen.length === 0 ? null : <SideBySide ids={chosen} />}
          </div>
        )}
      </Shown>
      {isAsking ? <NewSimulation onDone={jobs.reload} onClose={() => setIsAsking(false)} /> : null}
    </>
  );
}

interface TableProps {
  readonly jobs: readonly Job[];
  readonly chosen: readonly string[];
  readonly onChoose: (id: string, on: boolean) => void;
  readonly onDone: () => void;
}

function JobTable({ jobs, chosen, onChoose, onDone }: TableProps) {
  const [ending, setEnding] = useState<Job | null>(null);
  const [failure, setFailure] = useState<unknown>(null);
  const api = useApi();
  const take = (file: JobFile): void => {
    setFailure(null);
    takeHome(api, file).catch(setFailure);
  };
  return (
    <Panel title="Asked for" wide note="choose some to lay their figures side by side">
      {failure === null ? null : <Failure of={failure} />}
      <Scroll label="Simulations">
        <table class="full">
          <thead>
            <tr>
              {['compare', 'what', 'state', 'progress', 'asked', 'by', 'result', ''].map((title) => (
                <th key={title} scope="col">
                  {title === '' ? <span class="hidden">act</span> : title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {jobs.map((job) => (
              <JobRow
                key={job.id}
                job={job}
                isChosen={chosen.includes(job.id)}
                onChoose={(on) => onChoose(job.id, on)}
                onTake={take}
                onEnd={() => setEnding(job)}
              />
            ))}
          </tbody>
        </table>
      </Scroll>
      {ending === null ? null : <CancelJob job={ending} onDone={onDone} onClose={() => setEnding(null)} />}
    </Panel>
  );
}

interface RowProps {
  readonly job: Job;
  readonly isChosen: boolean;
  readonly onChoose: (on: boolean) => void;
  readonly onTake: (file: JobFile) => void;
  readonly onEnd: () => void;
}

function JobRow({ job, isChosen, onChoose, onTake, onEnd }: RowProps) {
  const at = useClock();
  const { id, state, queuedAt, subject, result, error } = job;
  const isOpen = state === 'queued' || state === 'running';
  return (
    <tr>
      <td>
        <input
          type="checkbox"
          aria-label={`Compare ${id}`}
          checked={isChosen}
          disabled={state !== 'succeeded'}
          onChange={(event) => onChoose(event.currentTarget.checked)}
        />
      </td>
      <td>
        {saidOf(job)}
        {error === null ? null : <div class="failure">{error}</div>}
      </td>
      <td>
        <State of={state} />
      </td>
      <td>
        <Progress job={job} />
      </td>
      <td title={instant(queuedAt)}>{since(queuedAt, at)}</td>
      <td>{subject}</td>
      <td>
        {result === null
          ? '–'
          : [result, ...(result.files ?? [])].map((file) => (
              <button
                key={file.href}
                type="button"
                class="link spaced"
                title={`${amount(file.bytes)} bytes`}
                onClick={() => onTake(file)}
              >
                {file.fileName}
              </button>
            ))}
      </td>
      <td>
        {isOpen && may('runJobs') ? (
          <button type="button" onClick={onEnd} aria-label={`Cancel ${id}`}>
            Cancel
          </button>
        ) : null}
      </td>
    </tr>
  );
}

/** Until a job knows how much there is to do it says how far it came. */
function Progress({ job: { state, progress } }: { readonly job: Job }) {
  const { done, total } = progress;
  if (state === 'queued' || (done === 0 && total === 0)) return <>–</>;
  if (total === 0) return <>{amount(done)} steps</>;
  return (
    <>
      <progress value={done} max={total} aria-label="Progress" /> {percent(done / total)}
    </>
  );
}

function CancelJob({
  job,
  onDone,
  onClose,
}: {
  readonly job: Job;
  readonly onDone: () => void;
  readonly onClose: () => void;
}) {
  const api = useApi();
  const cancel = async (because: string): Promise<void> => {
    await api.act({ method: 'DELETE', path: `/v1/jobs/${encodeURIComponent(job.id)}`, because });
    onDone();
  };
  return (
    <Confirm
      title="Cancel this simulation?"
      verb="Cancel it"
      danger
      reason="none"
      onConfirm={cancel}
      onClose={onClose}
    >
      <p>{saidOf(job)}</p>
      <p class="muted">Its process ends within a second, and what it has computed so far is thrown away.</p>
    </Confirm>
  );
}

/** With the token of the session, which a plain link would not carry. */
async function takeHome(api: Api, { href, fileName, contentType }: JobFile): Promise<void> {
  const content = await api.get<unknown>(href);
  const text = typeof content === 'string' ? content : `${JSON.stringify(content)}\n`;
  downloadText(fileName, { type: contentType, text });
}
