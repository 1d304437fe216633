// Two hundred hard ticks through one solver process with the watchdog of a live one: none of them barks, and the others lose nothing.
// Prints the times as JSON; they are judged by the watchdog alone. A few minutes, on a machine that does nothing else; HARD_TICKS asks for
// another number.
import { expect, it } from 'vitest';
import { SOLVER_WATCHDOG_MS } from '../../api/roles/scheduling.ts';
import { spread } from '../../bench/figures.ts';
import { createSolverProcess } from '../../solver/node.ts';
import { HARD_KINDS, hardTick } from '../support/hardModels.ts';
import { type Beside, besideHard } from '../support/hardService.ts';

const TICKS = Number(process.env.HARD_TICKS ?? 200);
/** Of an interactive cell, beside as many hard ones as a department could think of. */
const SIZES = { normalRequests: 300, hardRequests: 60 };

it(`${TICKS} hard ticks are answered before the watchdog, and the others get what they would have got`, async () => {
  const solver = await createSolverProcess({ watchdogMs: SOLVER_WATCHDOG_MS });
  const all: Beside[] = [];
  for (let n = 0; n < TICKS; n++) all.push(await besideHard({ ...hardTick(n), ...SIZES }, solver));
  await solver.close();
  const faults = all.filter(({ solution }) => solution.fault !== null);
  const worse = all.filter(({ othersValue }) => othersValue.with < 0.999 * othersValue.without);
  const byKind = HARD_KINDS.map((kind) => {
    const own = all.filter(({ tick }) => tick.kind === kind);
    const least = Math.min(...own.map(({ othersValue }) => othersValue.with / othersValue.without));
    return { kind, ms: spread(own.map(({ ms }) => ms)), leastOfOthers: least };
  });
  process.stdout.write(`${JSON.stringify({ hard: TICKS, ...SIZES, byKind })}\n`);
  expect(faults.map(({ tick, solution }) => ({ tick, fault: solution.fault }))).toEqual([]);
  expect(worse.map(({ tick, othersValue }) => ({ tick, othersValue }))).toEqual([]);
});
