// Numbers as files write them. Invariant: a whole number is read exactly or refused; any other is the double nearest to it.
// Called by the readers of files/.
import { LARGEST } from '../programs/program.ts';
import { FileFault, type Place } from './fault.ts';

const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eEdD][+-]?\d+)?$/;
const INFINITE = /^([+-]?)inf(?:inity)?$/i;
/** From here on a bound says that there is none: CPLEX, HiGHS and SCIP agree on it. */
const NO_BOUND = 1e20;

/** Fortran's D is an exponent too: old MPS files have it. */
export function isDecimal(text: string): boolean {
  return DECIMAL.test(text);
}

/** A coefficient, or anything else that must be a finite number. `what` names it in a message. */
export function readNumber(text: string, at: Place, what: string): number {
  const value = toDouble(text, at, what);
  if (Math.abs(value) > LARGEST) throw tooLarge(text, at, what);
  return value;
}

/** A bound or a side of a row: ±Infinity where there is none. */
export function readBound(text: string, at: Place, what: string): number {
  const infinite = INFINITE.exec(text);
  if (infinite) return infinite[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  const value = toDouble(text, at, what);
  if (Math.abs(value) >= NO_BOUND) return value < 0 ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  if (Math.abs(value) > LARGEST) throw tooLarge(text, at, what);
  return value;
}

export function isInfinite(text: string): boolean {
  return INFINITE.test(text);
}

function toDouble(text: string, at: Place, what: string): number {
  if (!DECIMAL.test(text)) {
    throw new FileFault(
      at,
      `${what} "${text}" is not a number`,
      'write a decimal number such as 12, -0.5 or 1e3',
    );
  }
  const value = Number(text.replace(/[dD]/, 'e'));
  if (value === 0 && /[1-9]/.test(text.replace(/[eEdD].*$/, ''))) {
    throw new FileFault(
      at,
      `${what} ${text} is too small to be held`,
      'leave the entry out, or scale its row',
    );
  }
  return value;
}

function tooLarge(text: string, at: Place, what: string): FileFault {
  return new FileFault(
    at,
    `${what} ${text} is beyond 2^53 - 1, where numbers are no longer exact`,
    'divide the row, or the objective, by a common factor; for "no bound" write 1e30 or inf',
  );
}
