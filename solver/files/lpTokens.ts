// A CPLEX LP file as tokens. Invariant: a token knows its line and column and whether it is the first of its line; comments are gone.
// Called by lp.ts.
import { FileFault, type Place } from './fault.ts';

export interface LpToken extends Place {
  readonly kind: 'number' | 'name' | 'sign' | 'compare' | 'mark' | 'end';
  /** Compare signs as <=, >= or =; all else as it stands. */
  readonly text: string;
  readonly opensLine: boolean;
}

const SPACE = /[ \t\r]+/y;
const NUMBER = /(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y;
const COMPARE = /<=|=<|>=|=>|<|>|=/y;
const ARROW = /->/y;
const MARK = /[:*^[\]]/y;
/** Letters and what CPLEX allows beside them; a digit or a dot does not begin a name. */
const NAME = /[A-Za-z!"#$%&(),;?@_`'{}~|/\u0080-\uffff][\w!"#$%&(),.;?@`'{}~|/\u0080-\uffff]*/y;

export function lpTokens(text: string): LpToken[] {
  const tokens: LpToken[] = [];
  const lines = text.split('\n');
  for (const [index, raw] of lines.entries()) {
    const comment = raw.indexOf('\\');
    lineTokens(comment < 0 ? raw : raw.slice(0, comment), index + 1, tokens);
  }
  tokens.push({
    kind: 'end',
    text: '',
    line: lines.length,
    column: (lines.at(-1)?.length ?? 0) + 1,
    opensLine: true,
  });
  return tokens;
}

function lineTokens(content: string, line: number, tokens: LpToken[]): void {
  const before = tokens.length;
  let at = 0;
  const take = (pattern: RegExp): string | null => {
    pattern.lastIndex = at;
    return pattern.exec(content)?.[0] ?? null;
  };
  while (at < content.length) {
    const space = take(SPACE);
    if (space !== null) {
      at += space.length;
      continue;
    }
    const place = { line, column: at + 1, opensLine: tokens.length === before };
    const found = tokenAt(take);
    if (found === null)
      throw new FileFault(
        place,
        `the sign "${content[at]}" has no meaning here`,
        'comments begin with a backslash',
      );
    tokens.push({ ...place, kind: found.kind, text: compareSign(found) });
    at += found.text.length;
  }
}

function tokenAt(take: (pattern: RegExp) => string | null): { kind: LpToken['kind']; text: string } | null {
  const kinds = [
    ['number', NUMBER],
    ['mark', ARROW],
    ['compare', COMPARE],
    ['sign', /[+-]/y],
    ['mark', MARK],
    ['name', NAME],
  ] as const;
  for (const [kind, pattern] of kinds) {
    const text = take(pattern);
    if (text !== null) return { kind, text };
  }
  return null;
}

function compareSign({ kind, text }: { kind: LpToken['kind']; text: string }): string {
  if (kind !== 'compare' || text === '=') return text;
  return text.includes('<') ? '<=' : '>=';
}
