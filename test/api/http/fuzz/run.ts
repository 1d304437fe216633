// A run of the fuzz: so many calls, shared out over every operation of the contract, on one edge with something in it.
// Invariant: the seed decides the calls; a fault names the operation, what is wrong, and the call that shows it.

import fc from 'fast-check';
import type { DryRunOutcome, Offering } from '../../../../api/ports.ts';
import { NOW, ORGANISATION } from '../organisation.ts';
import { aLease, anEdge, type Edge } from '../support.ts';
import { callsOf, type FuzzCall } from './calls.ts';
import { type Operation, operationsOf } from './contract.ts';
import { faultsOf, NO_STREAMS, stockOf } from './judge.ts';
import { createWords, nounOf, type Words } from './words.ts';

export interface FuzzReport {
  readonly cases: number;
  readonly statuses: ReadonlyMap<string, number>;
  readonly codes: ReadonlyMap<string, number>;
}

export async function fuzz(options: { readonly cases: number; readonly seed: number }): Promise<FuzzReport> {
  const edge = await anEdge({
    ...NO_STREAMS,
    server: { dryRuns: { ask: async () => WAITING }, offering: OFFERING },
  });
  await furnish(edge);
  const operations = editsLast(await operationsOf(edge));
  const words = await learned(edge, operations);
  const statuses = new Map<string, number>();
  const codes = new Map<string, number>();
  let cases = 0;
  // What can be wrong with a call is mostly in its body.
  const weights = operations.map((operation) => (operation.body === null ? 1 : 4));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  for (const [index, operation] of operations.entries()) {
    const numRuns = Math.ceil((options.cases * (weights[index] ?? 1)) / total);
    const property = fc.asyncProperty(callsOf(operation, words), async (call) => {
      cases += 1;
      const { status, code } = await send(edge, operation, call);
      count(statuses, `${operation.id} ${status}`);
      if (code !== null) count(codes, code);
    });
    // No shrinking: the edge has a past, which a smaller call would not have.
    await fc.assert(property, { numRuns, seed: options.seed + index, endOnFailure: true });
  }
  await edge.app.close();
  return { cases, statuses, codes };
}

/** Nothing is left over, and no program is kept. */
const OFFERING: Offering = {
  offers: async () => ({ type: 'offers', tick: 1, at: NOW, offers: [] }),
  whatItTakes: async () => ({ type: 'answered', takes: null, stronger: [] }),
  lack: () => null,
};

/** What takes the organisation apart comes last: without pools and agents everything else is refused. */
function editsLast(operations: readonly Operation[]): Operation[] {
  const edited = new Set(operations.filter(({ method }) => method === 'PUT').map(({ path }) => nounOf(path)));
  const isEdit = ({ method, path }: Operation) => method !== 'GET' && edited.has(nounOf(path));
  const edits = operations.filter(isEdit);
  const puts = edits.filter(({ method }) => method === 'PUT');
  return [...operations.filter((each) => !isEdit(each)), ...new Set([...puts, ...edits])];
}

async function send(edge: Edge, operation: Operation, call: FuzzCall) {
  const { method, url, headers, body } = call;
  const before = stockOf(edge);
  const response = await edge.app.inject({
    method,
    url,
    headers,
    ...(body === null ? {} : { payload: body }),
  });
  const isElsewhere = new URL(url, 'http://edge').pathname !== url.split('?', 1)[0];
  const faults = faultsOf({ operation, response, before, after: stockOf(edge), isElsewhere });
  if (faults.length > 0) throw new Error(`${faults.join('; ')}\n${JSON.stringify(call)}\n${response.body}`);
  const isJson = String(response.headers['content-type']).includes('json');
  const code = isJson && response.statusCode >= 400 ? (response.json().code ?? null) : null;
  return { status: response.statusCode, code };
}

/** From the organisation, and from every list that can be read. */
async function learned(edge: Edge, operations: readonly Operation[]): Promise<Words> {
  const words = createWords();
  words.learn(ORGANISATION);
  words.learn({ class: ORGANISATION.classes.map(({ name }) => name) });
  for (const { method, path, action } of operations) {
    if (method !== 'GET' || action === 'public' || path.includes('{')) continue;
    const { headers, body } = await edge.app.inject({ method, url: path, headers: OVERSEER });
    if (String(headers['content-type']).includes('json')) words.learn(JSON.parse(body), nounOf(path));
  }
  return words;
}

const OVERSEER = { authorization: 'Bearer administrator:research' };

/** Something of everything that can be named: leases in several states, with and without heartbeats. */
async function furnish(edge: Edge): Promise<void> {
  const states = ['granted', 'active', 'released', 'expired', 'revoked'] as const;
  for (const [index, state] of states.entries()) {
    const lease = aLease({ id: `lse_0000000${index}_000` as never, state });
    edge.store.leases.set(lease.id, { lease, heartbeatAt: null, endedAt: null });
  }
  for (const as of ['agent:research:forge-01', 'agent:sales:scout-01'])
    await edge.call({ method: 'POST', url: '/v1/requests', as, body: SUBMISSION });
}

const WAITING: DryRunOutcome = {
  type: 'decided',
  answer: {
    outcome: 'waiting',
    reasons: [{ code: 'NEXT_TICK', option: 0 }],
    option: null,
    allocations: [],
    reservations: [],
    endsAt: null,
    gap: null,
    tick: 1,
    at: NOW,
  },
};

const SUBMISSION = {
  clientRequestId: 'key-1',
  options: [{ claims: [{ kind: 'gpu', quantity: 1 }] }],
  terms: { class: 'standard', durationSeconds: 60 },
};

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
