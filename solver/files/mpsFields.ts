// An MPS file as lines of fields: free form (split at white space) or fixed form (columns 2, 5, 15, 25, 40, 50).
// Invariant: a field knows its line and column; comments and blank lines are gone. Called by mps.ts.
import { FileFault, type Place } from './fault.ts';

export interface Field extends Place {
  readonly text: string;
}

export interface MpsLine {
  /** True when it opens a section: its first character is no blank. */
  readonly opens: boolean;
  readonly fields: readonly Field[];
  /** Where the line ends: a missing field is missed there. */
  readonly end: Place;
}

export type MpsForm = 'free' | 'fixed';

/** First and last column of fields 1 to 6, counted from 1 (MPS as IBM's MPSX/370 had it). */
const FIXED_FIELDS = [
  [2, 3],
  [5, 12],
  [15, 22],
  [25, 36],
  [40, 47],
  [50, 61],
] as const;

export function mpsLines(text: string, form: MpsForm): MpsLine[] {
  const lines: MpsLine[] = [];
  for (const [index, raw] of text.split('\n').entries()) {
    const content = raw.replace(/\r$/, '');
    if (content.startsWith('*') || content.trim() === '') continue;
    const opens = !/^\s/.test(content);
    const at = index + 1;
    const fields = opens || form === 'free' ? freeFields(content, at) : fixedFields(content, at);
    if (fields.length > 0)
      lines.push({ opens, fields, end: { line: at, column: content.trimEnd().length + 1 } });
  }
  return lines;
}

function freeFields(content: string, line: number): Field[] {
  const fields: Field[] = [];
  for (const match of content.matchAll(/\S+/g)) {
    // In free form a comment may follow behind a dollar sign, in place of a name.
    if (match[0].startsWith('$') && fields.length > 0) break;
    fields.push({ text: match[0], line, column: match.index + 1 });
  }
  return fields;
}

/** Names may hold blanks here, which is what this form is still used for. A tab has no column, so it is refused. */
function fixedFields(content: string, line: number): Field[] {
  const tab = content.indexOf('\t');
  if (tab >= 0)
    throw new FileFault(
      { line, column: tab + 1 },
      'a tab in fixed form',
      'use blanks, or names without blanks',
    );
  const fields: Field[] = [];
  for (const [from, to] of FIXED_FIELDS) {
    const text = content.slice(from - 1, to).trim();
    if (text !== '') fields.push({ text, line, column: from });
  }
  return fields;
}
