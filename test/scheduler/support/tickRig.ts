// A tick with real steps and scripted neighbours: the in-process solver, a policy that answers as told, a store that keeps what it was given.
// Invariant: nothing here decides; a test reads what the production tick did.

import { sha256 } from '../../../adapters/system/digest.ts';
import { newMemo } from '../../../scheduler/formulate/index.ts';
import type {
  GateRow,
  IntakeCommand,
  IntakeRow,
  Lease,
  Obligations,
  RecordedVerdict,
  ResourceRequest,
  SchedulerPorts,
  State,
  TickCommit,
} from '../../../scheduler/index.ts';
import type { Heartbeats } from '../../../scheduler/lifecycle.ts';
import { runTick, type TickCarry, type TickResult } from '../../../scheduler/tick.ts';
import { createInProcessSolver } from '../../../solver/node.ts';
import { NOW } from '../../support/builders.ts';
import { verifyingObserver } from '../../support/verified.ts';

export const SILENT: Heartbeats = { heard: [], heardThrough: 0 };

export interface TickRig {
  readonly state: State;
  readonly carry: TickCarry;
  readonly commits: TickCommit[];
  readonly dumped: { readonly name: string; readonly document: unknown }[];
  readonly evaluated: (readonly GateRow[])[];
  /** Codes per agent that the policy denies with; nobody at first. */
  readonly denied: Map<string, readonly string[]>;
  /** Obligations per agent, as policies state them; nobody at first. */
  readonly obliged: Map<string, Obligations>;
  epochLost: boolean;
  policyRevision: string;
  ports: SchedulerPorts;
  tick(input?: { rows?: readonly IntakeRow[]; now?: number; heartbeats?: Heartbeats }): Promise<TickResult>;
  /** The last commit's record, events and changes. */
  last(): TickCommit;
}

export function aTickRig(state: State): TickRig {
  const carry: TickCarry = { memo: newMemo(), unfinished: false };
  const rig: TickRig = {
    state,
    carry,
    commits: [],
    dumped: [],
    evaluated: [],
    denied: new Map(),
    obliged: new Map(),
    epochLost: false,
    policyRevision: 'policy-1',
    ports: undefined as unknown as SchedulerPorts,
    tick: ({ rows = [], now = NOW, heartbeats = SILENT } = {}) =>
      runTick(rig.ports, state, {
        intake: { rows, now, revision: state.configuration.revision },
        heartbeats,
        carry,
      }),
    last: () => {
      const commit = rig.commits.at(-1);
      if (!commit) throw new Error('nothing was committed');
      return commit;
    },
  };
  rig.ports = portsOf(rig);
  return rig;
}

function portsOf(rig: TickRig): SchedulerPorts {
  const refuse = (): never => {
    throw new Error('a tick does not ask this port');
  };
  return {
    leadership: { acquire: refuse, renew: refuse, release: refuse },
    stateSource: { load: refuse },
    intake: { take: refuse },
    configuration: { current: refuse, revision: refuse },
    heartbeats: { since: refuse },
    store: {
      async commit(commit) {
        if (rig.epochLost) return 'epochLost';
        rig.commits.push(commit);
        return 'committed';
      },
    },
    policy: {
      get policyRevision() {
        return rig.policyRevision;
      },
      dataRevision: 'data-1',
      async adopt() {},
      async evaluate(_tick, rows) {
        rig.evaluated.push(rows);
        return rows.map(({ agent }): RecordedVerdict => {
          const codes = rig.denied.get(agent) ?? [];
          const allow = codes.length === 0;
          const obligations = allow ? rig.obliged.get(agent) : undefined;
          const under = { policyRevision: rig.policyRevision, dataRevision: 'data-1' };
          return { allow, codes, ...under, ...(obligations && { obligations }) };
        });
      },
    },
    solver: createInProcessSolver(),
    observer: verifyingObserver,
    dump: {
      async write(name, document) {
        rig.dumped.push({ name, document });
        return name;
      },
    },
    stopwatch: { elapsedMs: () => 0 },
    timers: { sleep: refuse },
    digest: sha256,
    solveOptions: { engine: 'highs', budget: { unitsMax: 100_000 } },
  };
}

const numbers = { made: 0 };

/** An intake row by the owner named, numbered in order of making. */
export function intake(
  command: IntakeCommand,
  by: { department: string; agent: string | null },
  at = NOW,
): IntakeRow {
  numbers.made += 1;
  const actor = {
    subject: by.agent ?? 'head',
    department: by.department,
    agent: by.agent,
  } as IntakeRow['actor'];
  return { id: numbers.made, receivedAt: at, actor, command };
}

export function submitted(request: ResourceRequest, at = NOW): IntakeRow {
  return intake({ type: 'submit', request }, request, at);
}

export function theLease(state: State): Lease {
  const [lease] = state.leases.values();
  if (!lease) throw new Error('no lease is live');
  return lease;
}
