// JSON with places: every value knows its line and column, numbers keep their text. Invariant: RFC 8259 and nothing else; a key that stands
// twice is refused. `JSON.parse` rounds numbers silently and says where only in bytes. Called by json.ts.
import { FileFault, type Place } from './fault.ts';

export type JsonNode = Place &
  (
    | {
        readonly type: 'object';
        readonly entries: ReadonlyMap<string, { readonly key: Place; readonly value: JsonNode }>;
      }
    | { readonly type: 'array'; readonly items: readonly JsonNode[] }
    | { readonly type: 'string'; readonly text: string }
    | { readonly type: 'number'; readonly text: string }
    | { readonly type: 'true' | 'false' | 'null' }
  );

const SPACE = /[ \t\r\n]*/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids them inside a string.
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const WORD = /true|false|null/y;
/** A program is four deep; a file that is a thousand deep is an attack on the stack. */
const DEPTH_MAX = 16;

export function parseJsonText(text: string): JsonNode {
  const parser = new Parser(text);
  const node = parser.value(0);
  parser.end();
  return node;
}

class Parser {
  readonly #text: string;
  readonly #lineStarts: number[] = [0];
  #at = 0;

  constructor(text: string) {
    this.#text = text;
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) this.#lineStarts.push(at + 1);
  }

  value(depth: number): JsonNode {
    this.#take(SPACE);
    const place = this.#place();
    if (depth > DEPTH_MAX)
      throw new FileFault(place, 'nested too deeply', 'a program is an object of lists of objects');
    const sign = this.#text[this.#at];
    if (sign === '{') return { ...place, type: 'object', entries: this.#object(depth) };
    if (sign === '[') return { ...place, type: 'array', items: this.#array(depth) };
    if (sign === '"') return { ...place, type: 'string', text: this.#string() };
    const word = this.#take(WORD);
    if (word !== null) return { ...place, type: word as 'true' | 'false' | 'null' };
    const number = this.#take(NUMBER);
    if (number !== null) return { ...place, type: 'number', text: number };
    throw this.#unexpected('a value', 'write an object, a list, a string, a number, true, false or null');
  }

  end(): void {
    this.#take(SPACE);
    if (this.#at < this.#text.length) throw this.#unexpected('the end', 'a file holds one program');
  }

  #object(depth: number): Map<string, { key: Place; value: JsonNode }> {
    const entries = new Map<string, { key: Place; value: JsonNode }>();
    this.#at++;
    if (this.#closes('}')) return entries;
    do {
      this.#take(SPACE);
      const key = this.#place();
      if (this.#text[this.#at] !== '"') throw this.#unexpected('a key', 'keys are strings in double quotes');
      const name = this.#string();
      if (entries.has(name)) throw new FileFault(key, `"${name}" stands twice`, 'keep one');
      this.#expect(':');
      entries.set(name, { key, value: this.value(depth + 1) });
    } while (this.#goesOn('}'));
    return entries;
  }

  #array(depth: number): JsonNode[] {
    const items: JsonNode[] = [];
    this.#at++;
    if (this.#closes(']')) return items;
    do items.push(this.value(depth + 1));
    while (this.#goesOn(']'));
    return items;
  }

  #string(): string {
    const text = this.#take(STRING);
    if (text === null)
      throw new FileFault(
        this.#place(),
        'a string that does not end, or holds what JSON forbids',
        'end it with a double quote; write \\n for a line break',
      );
    return JSON.parse(text) as string;
  }

  #closes(sign: string): boolean {
    this.#take(SPACE);
    if (this.#text[this.#at] !== sign) return false;
    this.#at++;
    return true;
  }

  #goesOn(closing: string): boolean {
    if (this.#closes(closing)) return false;
    this.#expect(',');
    return true;
  }

  #expect(sign: string): void {
    if (!this.#closes(sign)) throw this.#unexpected(`"${sign}"`, 'is a comma or a bracket missing?');
  }

  #take(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0] ?? null;
    if (found !== null) this.#at += found.length;
    return found;
  }

  #unexpected(wanted: string, advice: string): FileFault {
    const sign = this.#text[this.#at];
    const found = sign === undefined ? 'the file ends' : `"${sign}" stands`;
    return new FileFault(this.#place(), `${found} where ${wanted} is expected`, advice);
  }

  #place(): Place {
    let low = 0;
    let high = this.#lineStarts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#lineStarts[middle]! <= this.#at) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: this.#at - this.#lineStarts[low]! + 1 };
  }
}
