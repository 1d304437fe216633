// What the sections of an MPS file have said so far, and how their lines name rows and vectors. Called by mps.ts and mpsBounds.ts.
// Invariant: of several vectors in a section the first one counts, as in every reader, and the others are noted.
import { type DraftColumn, type DraftRow, ProgramDraft } from './draft.ts';
import { FileFault, type Place } from './fault.ts';
import type { Field, MpsLine } from './mpsFields.ts';

/** N rows after the objective constrain nothing: `free`. */
export type RowMeaning = DraftRow | 'objective' | 'free';

export interface MpsState {
  readonly draft: ProgramDraft;
  readonly meaning: Map<string, RowMeaning>;
  /** Columns between integer markers. */
  readonly inMarkers: Set<DraftColumn>;
  /** Columns that a line of BOUNDS names, and those whose lower bound it gives. */
  readonly bounded: Set<DraftColumn>;
  readonly lowered: Set<DraftColumn>;
  /** Columns with an upper bound below 0, and where it stands. */
  readonly negativeUppers: Map<DraftColumn, Place>;
  /** Rows that have a right side. */
  readonly sided: Set<DraftRow>;
  readonly ranges: { readonly row: DraftRow; readonly value: number }[];
  /** Section -> the vector that it goes by. */
  readonly vectors: Map<string, string>;
  readonly notes: Set<string>;
  objective: string | null;
  newest: DraftColumn | null;
  /** Between INTORG and INTEND. */
  marked: boolean;
}

export function newState(): MpsState {
  return {
    draft: new ProgramDraft(),
    meaning: new Map(),
    inMarkers: new Set(),
    bounded: new Set(),
    lowered: new Set(),
    negativeUppers: new Map(),
    sided: new Set(),
    ranges: [],
    vectors: new Map(),
    notes: new Set(),
    objective: null,
    newest: null,
    marked: false,
  };
}

export interface Pair {
  readonly row: RowMeaning;
  readonly at: Field;
  readonly value: Field;
}

/** Row and value, row and value. */
export function pairsOf(state: MpsState, fields: readonly Field[], end: Place): Pair[] {
  const found: Pair[] = [];
  for (let i = 0; i < fields.length; i += 2) {
    const at = fields[i]!;
    const value = fields[i + 1];
    const row = state.meaning.get(at.text);
    if (row === undefined)
      throw new FileFault(at, `unknown row ${at.text}`, 'rows are named in ROWS, with case');
    if (value === undefined)
      throw new FileFault(end, `${at.text} has no value`, 'write row and value in pairs');
    found.push({ row, at, value });
  }
  return found;
}

/** The fields without the name of the vector, which may be left out; none when the line belongs to another vector. */
export function vectorOf(state: MpsState, section: string, { fields }: MpsLine): readonly Field[] {
  const named = fields.length % 2 === 1;
  return belongs(state, section, named ? fields[0]!.text : '') ? fields.slice(named ? 1 : 0) : [];
}

export function belongs(state: MpsState, section: string, name: string): boolean {
  const first = state.vectors.get(section) ?? name;
  state.vectors.set(section, first);
  if (first !== name) state.notes.add(`${section} ${name} is left out: the first of the file counts`);
  return first === name;
}
