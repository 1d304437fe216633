// The BOUNDS section of MPS: LO UP FX FR MI PL BV LI UI. Invariant: a kind that makes more than an integer or a continuous column is refused.
// Called by mps.ts.
import { isDecimal, isInfinite, readBound } from './decimal.ts';
import type { DraftColumn } from './draft.ts';
import { FileFault } from './fault.ts';
import type { Field, MpsLine } from './mpsFields.ts';
import { belongs, type MpsState } from './mpsState.ts';

const WITH_VALUE = new Set(['LO', 'UP', 'FX', 'LI', 'UI']);
const WITHOUT_VALUE = new Set(['FR', 'MI', 'PL', 'BV']);
const REFUSED = new Set(['SC', 'SI']);

export function readMpsBound(state: MpsState, { fields, end }: MpsLine): void {
  const [kind, ...rest] = fields as [Field, ...Field[]];
  const word = kind.text.toUpperCase();
  if (REFUSED.has(word))
    throw new FileFault(
      kind,
      `${word}: semi-continuous columns are not read`,
      'write them with a binary column and two rows',
    );
  const valued = WITH_VALUE.has(word);
  if (!valued && !WITHOUT_VALUE.has(word))
    throw new FileFault(
      kind,
      `unknown kind of bound ${kind.text}`,
      'kinds are LO, UP, FX, FR, MI, PL, BV, LI and UI',
    );
  const { vector, name, value } = parts(state, rest, valued);
  if (name === undefined)
    throw new FileFault(
      end,
      `${word} without a column`,
      'write the kind, the name of the bounds, the column',
    );
  const column = state.draft.column(name.text);
  if (column === undefined)
    throw new FileFault(name, `unknown column ${name.text}`, 'columns are named in COLUMNS, with case');
  if (valued && value === undefined)
    throw new FileFault(end, `${word} of ${name.text} has no value`, 'write it behind the column');
  if (!belongs(state, 'BOUNDS', vector)) return;
  apply(state, column, { word, value });
}

/** The name of the vector may be left out: then the column stands in its place. */
function parts(
  state: MpsState,
  rest: readonly Field[],
  valued: boolean,
): { vector: string; name: Field | undefined; value: Field | undefined } {
  const [first, second, third] = rest;
  const isNumber = (field: Field | undefined): boolean =>
    field !== undefined && (isDecimal(field.text) || isInfinite(field.text));
  const bare = valued
    ? third === undefined &&
      isNumber(second) &&
      first !== undefined &&
      state.draft.column(first.text) !== undefined
    : second === undefined ||
      (third === undefined && isNumber(second) && state.draft.column(second.text) === undefined);
  if (bare) return { vector: '', name: first, value: second };
  return { vector: first?.text ?? '', name: second, value: third };
}

function apply(
  state: MpsState,
  column: DraftColumn,
  bound: { word: string; value: Field | undefined },
): void {
  const { word, value } = bound;
  const number = WITH_VALUE.has(word) ? readBound(value!.text, value!, `the bound of ${column.name}`) : 0;
  state.bounded.add(column);
  if (word === 'LI' || word === 'UI' || word === 'BV') column.integer = true;
  switch (word) {
    case 'LO':
    case 'LI':
      column.lower = number;
      state.lowered.add(column);
      break;
    case 'UP':
    case 'UI':
      column.upper = number;
      if (number < 0) state.negativeUppers.set(column, value!);
      break;
    case 'FX':
      column.lower = number;
      column.upper = number;
      break;
    case 'FR':
      column.lower = Number.NEGATIVE_INFINITY;
      column.upper = Number.POSITIVE_INFINITY;
      break;
    case 'MI':
      column.lower = Number.NEGATIVE_INFINITY;
      state.lowered.add(column);
      break;
    case 'PL':
      column.upper = Number.POSITIVE_INFINITY;
      break;
    case 'BV':
      column.lower = 0;
      column.upper = 1;
      break;
    default:
      throw new Error(`bound ${word} has no meaning here`);
  }
}
