// Requests that were made, under other policies: what `annona record` took home, as jobs of the organisation that made them. Invariant: they come
// when they came, ask for what they asked for, and run as long as they ran where the file says it. Called by ../simulate.ts.

import { readFile } from 'node:fs/promises';
import { type PolicyRow, parseRecord } from '../../../policies/index.ts';
import {
  CLASSIFICATIONS,
  type Configuration,
  type DomainEvent,
  type Instant,
  type LeaseId,
  type RequestId,
  type ResourceRequest,
} from '../../../scheduler/index.ts';
import { type Job, type JobDraft, JobList, readAnnonaLog, TraceError } from '../../../simulations/index.ts';
import type { TickHistory } from '../../ports.ts';
import { CommandError, EXIT } from '../io.ts';
import { HISTORY_FORMAT, readLines } from '../remote/historyLines.ts';

export interface RecordedJobs {
  readonly jobs: readonly Job[];
  /** Reason -> how many were left out. */
  readonly dropped: ReadonlyMap<string, number>;
  /** Of virtual time 0. */
  readonly startsAt: Instant;
  /** Of a history, the newest of the file; null: the file has none. */
  readonly configuration: Configuration | null;
  /** As they were asked, by the job's number; absent: claims and terms are all that is known. */
  readonly requests?: readonly ResourceRequest[];
  /** What the policies saw of them, by the job's number; absent: it follows from the request. */
  readonly rows?: readonly PolicyRow[];
}

/** @throws CommandError where it is neither what `annona record` nor what `annona record --history` writes. */
export async function readRecorded(file: string): Promise<RecordedJobs> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new CommandError(`${file} cannot be read (${error.code})`, EXIT.usage);
  });
  const [first = ''] = text.trimStart().split('\n', 1);
  const recorded = first.includes(HISTORY_FORMAT) ? await ofHistory(file) : ofRecord(text, file);
  if (recorded.jobs.length > 0) return recorded;
  throw new CommandError(`${file} has no request to simulate`, EXIT.usage);
}

/** Rows alone: their quantities become claims of a kind, the asked duration is also the run time. */
function ofRecord(text: string, file: string): RecordedJobs {
  try {
    const { jobs, dropped } = readAnnonaLog(text, file);
    const byId = new Map(parseRecord(JSON.parse(text)).requests.map(({ id, row }) => [id, row]));
    const rows = jobs.map(({ name }) => byId.get(name)!);
    const startsAt = instantOf(jobs[0]?.name ?? '');
    const told = jobs.map((job, i) => withTerms(job, rows[i]!));
    return { jobs: told, dropped, startsAt, configuration: null, rows };
  } catch (error) {
    if (error instanceof TraceError) throw new CommandError(error.message, EXIT.usage);
    throw error;
  }
}

async function ofHistory(file: string): Promise<RecordedJobs> {
  const reading = new HistoryReading();
  for await (const line of readLines(file)) {
    if (line.type === 'configuration') reading.configuration = line.document;
    else if (line.type === 'tick') reading.tick(line);
  }
  return reading.recorded();
}

interface Seen {
  readonly request: ResourceRequest;
  /** Milliseconds its lease lived; null: the file does not say. */
  ranMs: number | null;
}

class HistoryReading {
  configuration: Configuration | null = null;
  readonly #seen = new Map<RequestId, Seen>();
  readonly #began = new Map<LeaseId, { readonly request: RequestId; readonly at: Instant }>();

  tick({ rows, events }: TickHistory): void {
    for (const { command } of rows)
      if (command.type === 'submit' && command.holds === undefined)
        this.#seen.set(command.request.id, { request: command.request, ranMs: null });
    for (const event of events) this.#hear(event);
  }

  recorded(): RecordedJobs {
    const list = new JobList();
    const requests = new Map<string, ResourceRequest>();
    for (const { request, ranMs } of this.#seen.values()) {
      // A slot for a reviewer is asked for again by the policy that wants it.
      if (request.approvalOf !== undefined) continue;
      if (request.terms.gang !== undefined) list.drop('is of a gang');
      else if (request.terms.openEnded) list.drop('has no known end');
      else {
        requests.set(request.id, request);
        list.add(draftOf(request, ranMs));
      }
    }
    const { jobs, dropped } = list.trace('annona', null);
    const inOrder = jobs.map(({ name }) => requests.get(name)!);
    const startsAt = inOrder[0]?.submittedAt ?? 0;
    return { jobs, dropped, startsAt, configuration: this.configuration, requests: inOrder };
  }

  #hear({ type, request, lease, at }: DomainEvent): void {
    if (lease === null) return;
    if (type === 'annona.lease.granted.v1') this.#began.set(lease, { request, at });
    if (type !== 'annona.lease.released.v1') return;
    const began = this.#began.get(lease);
    const seen = began && this.#seen.get(began.request);
    // One that expired or was revoked says nothing of how long it would have run.
    if (began !== undefined && seen !== undefined) seen.ranMs = Math.max(1000, at - began.at);
  }
}

function draftOf(
  { id, department, agent, options, terms, submittedAt }: ResourceRequest,
  ranMs: number | null,
): JobDraft {
  const estimateMs = terms.durationSeconds * 1000;
  const { class: name, classification, purpose, preemptible } = terms;
  return {
    name: id,
    submitMs: submittedAt,
    runMs: Math.min(ranMs ?? estimateMs, estimateMs),
    estimateMs,
    claims: options[0]!.claims.map(({ kind, quantity }) => ({ kind, quantity })),
    models: [],
    department,
    agent,
    rank: 0,
    terms: { class: name, classification, purpose, preemptible },
    ...(terms.deadline !== undefined && { deadlineMs: terms.deadline }),
  };
}

const BASE_32 = '0123456789abcdefghjkmnpqrstvwxyz';

/** The time in a request's id. */
function instantOf(id: string): Instant {
  let at = 0;
  for (const digit of id.slice('req_'.length, 'req_'.length + 10)) at = at * 32 + BASE_32.indexOf(digit);
  return at;
}

/** What a row tells beside quantities: terms, and the datasets by their names. */
function withTerms(job: Job, row: PolicyRow): Job {
  const { class: name, purpose, preemptible, datasets } = row;
  const classification = CLASSIFICATIONS[row.classification] ?? 'internal';
  const [dataset] = datasets;
  return {
    ...job,
    terms: { class: name, classification, purpose, preemptible },
    claims: job.claims.map((claim) =>
      claim.kind === 'dataset' && dataset !== undefined && dataset !== '*'
        ? { ...claim, labels: { name: dataset } }
        : claim,
    ),
  };
}
