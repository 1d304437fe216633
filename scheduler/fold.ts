// Step 1 of the tick: the intake rows that no tick has stamped, in one order, each decided purely and applied to memory.
// Invariant: a row is folded once; a row that changes nothing is stamped all the same.

import { holdOffer } from './commands/hold.ts';
import { acknowledgeRevocation, cancelRequest, openExtension, releaseLease } from './commands/lease.ts';
import { replaceRequest } from './commands/replace.ts';
import { rule } from './commands/rule.ts';
import { openSubmitted } from './commands/submit.ts';
import { apply } from './domain/apply.ts';
import type { Change } from './domain/change.ts';
import type { IntakeRow } from './domain/intake.ts';
import type { Instant } from './domain/quantity.ts';
import type { State } from './domain/state.ts';

/** Applies each row's changes before the next row is decided: a cancel may follow its submit in one batch. */
export function fold(state: State, rows: readonly IntakeRow[], now: Instant): Change[] {
  const changes: Change[] = [];
  for (const row of rows) {
    for (const change of decideRow(state, row, now)) {
      apply(state, change);
      changes.push(change);
    }
  }
  return changes;
}

function decideRow(state: State, row: IntakeRow, now: Instant): Change[] {
  const { command } = row;
  switch (command.type) {
    case 'submit': {
      const { request, replaces, holds } = command;
      if (holds !== undefined) return holdOffer(state, row, { request, holds, now });
      if (replaces !== undefined) return replaceRequest(state, row, { request, replaces });
      return openSubmitted(state, row, request);
    }
    case 'cancel':
      return cancelRequest(state, row, { request: command.request, now });
    case 'release':
      return releaseLease(state, row, { lease: command.lease, epoch: command.epoch, now });
    case 'acknowledge':
      return acknowledgeRevocation(state, row, { lease: command.lease, epoch: command.epoch, now });
    case 'extend':
      return openExtension(state, row, { ...command, now });
    case 'rule':
      return rule(state, row, { command, now });
    case 'edit':
      // Its revision was taken up before the fold, and came with this row.
      return [];
    default: {
      const never: never = command;
      throw new Error(`unknown intake command ${JSON.stringify(never)}`);
    }
  }
}
