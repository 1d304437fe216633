// Offers and what it would take, of the process that leads: two bounded lines, and a solver child that is none of the tick's.
// Invariant: beyond a line a question is refused at once; the memory is read when its turn has come, and never changed. Made by scheduling.ts.

import {
  allowedOffers,
  budgetOffers,
  classOffer,
  type DecidedPrograms,
  type DryRunPorts,
  type HolderSight,
  type Instant,
  lackOf,
  offersFor,
  type PendingRequest,
  type RequestId,
  whatItTakes,
} from '../../scheduler/index.ts';
import type { HoldingRequest, Offering, OffersOutcome, TakesOutcome, Unanswered } from '../ports.ts';
import { backgroundSolver } from './backgroundSolver.ts';
import { BoundedLine } from './boundedLine.ts';
import type { LookAtLeader } from './liveReasons.ts';

/** A hundred probes at most, each below a millisecond: the last in line waits for about a second. */
const OFFERS_LINE_MAX = 16;
/** At most four forced solves and three dry runs: the last in line waits for seconds. */
const TAKES_LINE_MAX = 4;

export interface OfferingParts {
  readonly ports: Omit<DryRunPorts, 'solver'>;
  readonly look: LookAtLeader;
  readonly programs: Pick<DecidedPrograms, 'with'>;
  readonly now: () => Instant;
  readonly watchdogMs: number;
}

export interface OfferingService extends Offering {
  close(): Promise<void>;
}

export function createOffering(parts: OfferingParts): OfferingService {
  const { look, programs } = parts;
  const solver = backgroundSolver(parts.watchdogMs);
  const lines = { offers: new BoundedLine(OFFERS_LINE_MAX), takes: new BoundedLine(TAKES_LINE_MAX) };
  const known = (request: RequestId): Unanswered | null => {
    const looked = look();
    if (looked === null) return { type: 'notLeading' };
    return looked.state.requests.has(request) ? null : { type: 'notWaiting' };
  };
  return {
    async offers(request) {
      const asked = known(request) ?? lines.offers.ask(() => offersOf(parts, request));
      return asked ?? { type: 'busy', retryAfterSeconds: 1 };
    },
    async whatItTakes(request, sight) {
      const asked = known(request) ?? lines.takes.ask(() => takesOf({ ...parts, solver }, request, sight));
      return asked ?? { type: 'busy', retryAfterSeconds: 2 };
    },
    lack(request) {
      const program = programs.with(request);
      return program && lackOf(program, request);
    },
    async close() {
      await Promise.all([lines.offers.settled(), lines.takes.settled()]);
      await solver.close();
    },
  };
}

type Looked = NonNullable<ReturnType<LookAtLeader>>;

/** The memory of now: who joined the line may have got an outcome since. */
function lookFor(
  look: LookAtLeader,
  request: RequestId,
): { readonly looked: Looked; readonly pending: PendingRequest } | Unanswered {
  const looked = look();
  if (looked === null) return { type: 'notLeading' };
  const pending = looked.state.requests.get(request);
  return pending === undefined ? { type: 'notWaiting' } : { looked, pending };
}

async function offersOf({ ports, look }: OfferingParts, id: RequestId): Promise<OffersOutcome> {
  const found = lookFor(look, id);
  if ('type' in found) return found;
  const { looked, pending } = found;
  const { snapshot, explained, state } = looked;
  const { tick } = state;
  const all = offersFor({ snapshot, explained, pending, digest: ports.digest });
  const { request } = pending;
  const { configuration, now: at } = snapshot;
  const offers = await allowedOffers(ports.policy, { configuration, request, offers: all });
  const held = heldFor(state, id);
  return { type: 'offers', tick, at, offers, ...(held && { held }) };
}

function heldFor({ reserved, requests }: Looked['state'], id: RequestId): HoldingRequest | undefined {
  for (const { request, hold } of reserved.values()) {
    const holding = hold?.request === id ? requests.get(request)?.request : undefined;
    if (holding?.holdOf !== undefined) return { ...holding, holdOf: holding.holdOf };
  }
  return undefined;
}

async function takesOf(
  parts: OfferingParts & { readonly solver: ReturnType<typeof backgroundSolver> },
  id: RequestId,
  sight: HolderSight,
): Promise<TakesOutcome> {
  const ports = { ...parts.ports, solver: await parts.solver.ready() };
  const found = lookFor(parts.look, id);
  if ('type' in found) return found;
  const { looked, pending } = found;
  const { request } = pending;
  const budgets = budgetOffers(looked, pending);
  const higher = await classOffer(ports, looked.state, { request, now: parts.now() });
  const program = parts.programs.with(id);
  const takes = program && (await whatItTakes(ports, { program, request: id, sight }));
  return { type: 'answered', takes, stronger: higher === null ? budgets : [...budgets, higher] };
}
