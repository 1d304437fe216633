// Reads MPS, free and fixed: ROWS, COLUMNS with integer markers, RHS, RANGES, BOUNDS, OBJSENSE. Pure.
// Invariant: what it does not understand it refuses with line and column; nothing is guessed where readers of this format differ.
// Called by files.ts.
import type { Program } from '../programs/program.ts';
import { readBound, readNumber } from './decimal.ts';
import type { DraftColumn } from './draft.ts';
import { FileFault, type Place } from './fault.ts';
import { readMpsBound } from './mpsBounds.ts';
import { type Field, type MpsForm, type MpsLine, mpsLines } from './mpsFields.ts';
import { type MpsState, newState, pairsOf, vectorOf } from './mpsState.ts';

type Section = (state: MpsState, line: MpsLine) => void;

const SECTIONS: Readonly<Record<string, Section>> = {
  OBJSENSE: readSense,
  OBJNAME: (state, { fields }) => {
    state.objective = fields[0]!.text;
  },
  ROWS: readRow,
  COLUMNS: readColumn,
  RHS: readSide,
  RANGES: readRange,
  BOUNDS: readMpsBound,
};

/** Sections that say more than a linear program, and what they are. */
const REFUSED: Readonly<Record<string, string>> = {
  QUADOBJ: 'a quadratic objective',
  QMATRIX: 'a quadratic objective',
  QSECTION: 'a quadratic objective',
  QCMATRIX: 'quadratic constraints',
  CSECTION: 'second-order cones',
  SOS: 'special ordered sets',
  SETS: 'special ordered sets',
  INDICATORS: 'indicator constraints',
  LAZYCONS: 'lazy constraints',
  USERCUTS: 'user cuts',
  GENCONS: 'general constraints',
};

/** Throws FileFault. `notes` tells what a reader of this format takes for granted and a person may not. */
export function readMps(text: string, form: MpsForm): { program: Program; notes: string[] } {
  const state = newState();
  let section: Section | null = null;
  let ended: Place | null = null;
  const lines = mpsLines(text, form);
  for (const line of lines) {
    if (ended !== null) break;
    if (!line.opens) {
      if (section === null)
        throw new FileFault(line.fields[0]!, 'data before the first section', 'open with NAME or ROWS');
      section(state, line);
      continue;
    }
    const word = line.fields[0]!.text.toUpperCase();
    if (word === 'ENDATA') ended = line.end;
    else if (word === 'NAME')
      state.draft.name = line.fields
        .slice(1)
        .map(({ text: part }) => part)
        .join(' ');
    else section = openSection(state, line);
  }
  if (ended === null) {
    const end = lines.at(-1)?.end ?? { line: 1, column: 1 };
    throw new FileFault(end, 'the file ends without ENDATA', 'is it whole? The last line of MPS is ENDATA');
  }
  finish(state, ended);
  return { program: state.draft.build(), notes: [...state.notes] };
}

function openSection(state: MpsState, line: MpsLine): Section {
  const [name, ...rest] = line.fields as [Field, ...Field[]];
  const word = name.text.toUpperCase();
  const section = SECTIONS[word];
  if (section !== undefined) {
    // "OBJSENSE MAX" and "OBJSENSE" with MAX below are both in use.
    if (rest.length > 0 && section === readSense) readSense(state, { ...line, fields: rest });
    return section;
  }
  const refused = REFUSED[word];
  if (refused === undefined)
    throw new FileFault(
      name,
      `unknown section ${name.text}`,
      `sections are NAME, ${Object.keys(SECTIONS).join(', ')}, ENDATA`,
    );
  throw new FileFault(
    name,
    `${refused} (${word}): only linear programs are read`,
    'write it with linear rows',
  );
}

function readSense(state: MpsState, { fields }: MpsLine): void {
  const [field] = fields as [Field];
  const word = field.text.toUpperCase();
  if (/^MAX(IMI[SZ]E)?$/.test(word)) state.draft.sense = 'maximise';
  else if (/^MIN(IMI[SZ]E)?$/.test(word)) state.draft.sense = 'minimise';
  else throw new FileFault(field, `unknown sense ${field.text}`, 'write MAX or MIN');
}

const INFINITE = Number.POSITIVE_INFINITY;
const SIDES: Readonly<Record<string, readonly [number, number]>> = {
  L: [-INFINITE, 0],
  G: [0, INFINITE],
  E: [0, 0],
};

function readRow(state: MpsState, { fields, end }: MpsLine): void {
  const [kind, name, extra] = fields as [Field, Field?, Field?];
  if (name === undefined)
    throw new FileFault(end, 'a row without a name', 'write its kind (N, L, G, E) and its name');
  if (extra !== undefined) throw new FileFault(extra, 'more than a kind and a name', 'a row is one name');
  if (state.meaning.has(name.text))
    throw new FileFault(name, `row ${name.text} stands twice`, 'give each row its own name');
  const word = kind.text.toUpperCase();
  if (word === 'N') {
    const first = state.objective === null || state.objective === name.text;
    if (first) state.objective = name.text;
    else state.notes.add(`the free row ${name.text} is left out: the objective is ${state.objective}`);
    state.meaning.set(name.text, first ? 'objective' : 'free');
    return;
  }
  const sides = SIDES[word];
  if (sides === undefined)
    throw new FileFault(kind, `unknown kind of row ${kind.text}`, 'kinds are N, L, G and E');
  state.meaning.set(name.text, state.draft.addRow(name.text, ...sides));
}

function readColumn(state: MpsState, line: MpsLine): void {
  const { fields } = line;
  if (fields[1]?.text.toUpperCase() === "'MARKER'") {
    const word = fields.at(-1)!.text.replaceAll("'", '').toUpperCase();
    if (word !== 'INTORG' && word !== 'INTEND')
      throw new FileFault(fields.at(-1)!, `unknown marker ${word}`, 'markers are INTORG and INTEND');
    state.marked = word === 'INTORG';
    return;
  }
  const [name] = fields as [Field];
  const column = columnFor(state, name);
  for (const { row, value, at } of pairsOf(state, fields.slice(1), line.end)) {
    const number = readNumber(value.text, value, `the coefficient of ${name.text} in ${at.text}`);
    if (row === 'free') continue;
    if (row === 'objective') {
      if (column.objective !== 0)
        throw new FileFault(at, `${name.text} has two entries in ${at.text}`, 'add them up');
      column.objective = number;
      continue;
    }
    if (row.entries.has(column.index))
      throw new FileFault(at, `${name.text} has two entries in ${at.text}`, 'add them up');
    row.entries.set(column.index, number);
  }
}

/** A column's lines stand together: one that comes back later is two columns of one name. */
function columnFor(state: MpsState, name: Field): DraftColumn {
  const known = state.draft.column(name.text);
  if (known !== undefined) {
    if (known === state.newest) return known;
    throw new FileFault(
      name,
      `column ${name.text} comes a second time`,
      'keep the lines of a column together',
    );
  }
  const column = state.draft.addColumn(name.text);
  column.integer = state.marked;
  if (state.marked) state.inMarkers.add(column);
  state.newest = column;
  return column;
}

function readSide(state: MpsState, line: MpsLine): void {
  for (const { row, value, at } of pairsOf(state, vectorOf(state, 'RHS', line), line.end)) {
    const what = `the right side of ${at.text}`;
    if (row === 'free') continue;
    if (row === 'objective') {
      // The constant of an objective stands on its right side, so with the other sign.
      state.draft.offset = -readNumber(value.text, value, what) + 0;
      continue;
    }
    if (state.sided.has(row)) throw new FileFault(at, `${at.text} has two right sides`, 'keep one');
    state.sided.add(row);
    const number = readBound(value.text, value, what);
    const open = number === (row.lower === -INFINITE ? INFINITE : -INFINITE);
    if (Math.abs(number) === INFINITE && (!open || row.lower === row.upper))
      throw new FileFault(
        value,
        `${what} is ${value.text}, which no point can reach`,
        'write a finite number',
      );
    if (row.lower !== -INFINITE) row.lower = number;
    if (row.upper !== INFINITE) row.upper = number;
  }
}

/** R on an E row opens it upwards when R >= 0, downwards when R < 0; on L and G rows its sign says nothing. */
function readRange(state: MpsState, line: MpsLine): void {
  for (const { row, value, at } of pairsOf(state, vectorOf(state, 'RANGES', line), line.end)) {
    const number = readNumber(value.text, value, `the range of ${at.text}`);
    if (typeof row === 'string')
      throw new FileFault(at, `a range on the free row ${at.text}`, 'leave it out');
    state.ranges.push({ row, value: number });
  }
}

function finish(state: MpsState, end: Place): void {
  if (state.objective === null)
    throw new FileFault(end, 'no objective', 'one row of kind N is the objective');
  if (state.meaning.get(state.objective) !== 'objective')
    throw new FileFault(end, `OBJNAME ${state.objective} is no row of kind N`, 'name a row of kind N');
  for (const { row, value } of state.ranges) {
    if (row.lower === -INFINITE && row.upper === INFINITE) continue;
    if (row.lower === row.upper) {
      if (value < 0) row.lower += value;
      else row.upper += value;
    } else if (row.lower === -INFINITE) row.lower = row.upper - Math.abs(value);
    else row.upper = row.lower + Math.abs(value);
  }
  for (const [column, at] of state.negativeUppers) {
    if (state.lowered.has(column) || column.lower <= column.upper) continue;
    throw new FileFault(
      at,
      `${column.name} has the upper bound ${column.upper} and no lower one: readers differ in whether it is then 0 or none`,
      'add a line MI for no lower bound, or LO for one',
    );
  }
  let unbounded = 0;
  for (const column of state.inMarkers) {
    if (state.bounded.has(column)) continue;
    column.upper = 1;
    unbounded++;
  }
  if (unbounded > 0)
    state.notes.add(
      `${unbounded} integer columns have no line in BOUNDS: they run from 0 to 1, as in other readers of MPS`,
    );
}
