// Where the LP reader stands, and which words open a section. Invariant: a section's word counts where a line begins, so that a column may
// be called `bin`. Called by lp.ts, lpTerms.ts and lpColumns.ts.
import { isInfinite, readBound } from './decimal.ts';
import { FileFault } from './fault.ts';
import { type LpToken, lpTokens } from './lpTokens.ts';

export type SectionName = 'rows' | 'bounds' | 'generals' | 'binaries' | 'end';

const ONE_WORD: Readonly<Record<string, SectionName>> = {
  st: 'rows',
  'st.': 'rows',
  's.t.': 'rows',
  bound: 'bounds',
  bounds: 'bounds',
  general: 'generals',
  generals: 'generals',
  gen: 'generals',
  integer: 'generals',
  integers: 'generals',
  int: 'generals',
  binary: 'binaries',
  binaries: 'binaries',
  bin: 'binaries',
  end: 'end',
};
const TWO_WORDS: Readonly<Record<string, SectionName>> = { 'subject to': 'rows', 'such that': 'rows' };

/** Sections that say more than a mixed-integer linear program, and what they are. */
const REFUSED: Readonly<Record<string, string>> = {
  semi: 'semi-continuous columns',
  semis: 'semi-continuous columns',
  'semi-continuous': 'semi-continuous columns',
  sos: 'special ordered sets',
  sos1: 'special ordered sets',
  sos2: 'special ordered sets',
  'lazy constraints': 'lazy constraints',
  'user cuts': 'user cuts',
  pwlobj: 'a piecewise linear objective',
  'general constraints': 'general constraints',
};

export class LpCursor {
  readonly #tokens: readonly LpToken[];
  #at = 0;

  constructor(text: string) {
    this.#tokens = lpTokens(text);
  }

  get token(): LpToken {
    return this.#tokens[this.#at]!;
  }

  peek(by = 1): LpToken {
    return this.#tokens[Math.min(this.#at + by, this.#tokens.length - 1)]!;
  }

  next(): LpToken {
    const { token } = this;
    if (token.kind !== 'end') this.#at++;
    return token;
  }

  atSection(): boolean {
    return this.#found() !== null;
  }

  /** Takes the words that open a section; null when there are none. Throws at the end of a file that has no End. */
  section(): SectionName | null {
    const found = this.#found();
    if (found === null) return null;
    if (found.name === null)
      throw new FileFault(
        this.token,
        'the file ends without End',
        'is it whole? The last word of an LP file is End',
      );
    for (let word = 0; word < found.words; word++) this.next();
    return found.name;
  }

  /** A name with a colon. */
  label(): string | null {
    if (this.token.kind !== 'name' || this.peek().text !== ':') return null;
    const name = this.next().text;
    this.next();
    return name;
  }

  /** A number that a compare sign follows: the first side of a range. */
  leadingValue(): number | null {
    const signed = this.token.kind === 'sign' ? 1 : 0;
    const value = this.peek(signed);
    const isValue = value.kind === 'number' || (value.kind === 'name' && isInfinite(value.text));
    if (!isValue || this.peek(signed + 1).kind !== 'compare') return null;
    const sign = signed === 1 ? this.next().text : '';
    const token = this.next();
    return readBound(sign + token.text, token, 'the side');
  }

  compare(): string {
    const token = this.next();
    if (token.kind !== 'compare')
      throw new FileFault(token, `"${token.text}" where a compare sign is expected`, 'write <=, >= or =');
    return token.text;
  }

  #found(): { name: SectionName | null; words: number } | null {
    const { token } = this;
    if (token.kind === 'end') return { name: null, words: 0 };
    const first = token.text.toLowerCase();
    const second = `${first} ${this.peek().text.toLowerCase()}`;
    if (this.peek().text === ':') return null;
    const two = TWO_WORDS[second];
    if (two !== undefined) return { name: two, words: 2 };
    if (!token.opensLine && ONE_WORD[first] !== 'end' && ONE_WORD[first] !== 'rows') return null;
    // In the middle of a line, `end` ends the file only where nothing follows.
    if (!token.opensLine && ONE_WORD[first] === 'end' && this.peek().kind !== 'end') return null;
    const hyphened = first === 'semi' && this.peek().text === '-' ? 'semi' : first;
    const refused = REFUSED[second] ?? REFUSED[hyphened];
    if (refused !== undefined && token.opensLine)
      throw new FileFault(
        token,
        `${refused}: only linear programs are read`,
        'write them with linear rows and binary columns',
      );
    const one = ONE_WORD[first];
    return one === undefined ? null : { name: one, words: 1 };
  }
}
