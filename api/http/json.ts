// Reads a JSON body more strictly than JSON.parse: what two readers could understand differently is refused, with its place.
// Invariant: one pass, linear in the body; what it lets through, JSON.parse reads. Called by the body parser of server.ts and by Kafka intake.

import { isUtf8 } from 'node:buffer';
import { type DetailCode, type ProblemCode, ProblemError } from '../errors.ts';

const DEPTH_MAX = 20;
const TEXT_BYTES_MAX = 4096;
const ELEMENTS_MAX = 1000;
const KEYS_MAX = 100;
/** Of what a refusal repeats: twenty levels of longest keys would make an answer of 80 KB. */
const POINTER_MAX = 500;
/** Keys that reach a prototype when an object is copied carelessly. */
const FORBIDDEN_KEYS = new Set(['__proto__', 'constructor', 'prototype']);
const WHOLE_NUMBER = /(?:0|[1-9][0-9]*)(?![0-9.eE+-])/y;
/** Whatever else a writer may have meant as a number, so that the refusal names it whole. */
const NUMBER_LIKE = /-?(?:[0-9][0-9.eE+-]*|Infinity\b)|NaN\b|Infinity\b|\+[0-9.]+/y;
/** From the space on, without the quote and the backslash. */
const PLAIN_TEXT = /[ !#-[\]-\uffff]*/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const WHITESPACE = /[ \t\n\r]*/y;
const WORD = /true|false|null/y;

/** One open array or object. `key` is where in it reading stands. */
interface Level {
  readonly keys: Set<string> | null;
  key: string | number;
  count: number;
}

/** Throws a ProblemError with the JSON pointer of the first place that is wrong. */
export function parseStrictJson(body: Buffer): unknown {
  if (!isUtf8(body)) throw new ProblemError({ code: 'MALFORMED_JSON', detail: 'the body is not UTF-8' });
  const text = body.toString('utf8');
  new Scanner(text).scan();
  return JSON.parse(text);
}

/** Walks the text once with an explicit stack: a hostile nesting must not reach the call stack. */
class Scanner {
  readonly #text: string;
  readonly #levels: Level[] = [];
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  scan(): void {
    this.#skipSpace();
    for (let open = this.#openValue(); open || this.#levels.length > 0; ) {
      // A container that was just opened may be empty; a value that was just closed is followed by a comma or an end.
      const more = open ? !this.#closes() : this.#comma();
      if (!more) {
        this.#levels.pop();
        this.#skipSpace();
        open = false;
        continue;
      }
      this.#nextPlace();
      open = this.#openValue();
    }
    if (this.#at < this.#text.length) this.#malformed('text follows the document');
  }

  /** Reads a scalar whole, or opens a container and answers true. */
  #openValue(): boolean {
    const first = this.#text[this.#at];
    if (first === '{' || first === '[') {
      if (this.#levels.length >= DEPTH_MAX)
        this.#refuse('TOO_DEEP', 'range', `more than ${DEPTH_MAX} levels`);
      this.#levels.push({ keys: first === '{' ? new Set() : null, key: -1, count: 0 });
      this.#at += 1;
      this.#skipSpace();
      return true;
    }
    if (first === '"') this.#string();
    else if (!this.#take(WORD)) this.#number();
    this.#skipSpace();
    return false;
  }

  /** Takes the closing bracket of the innermost container if it stands here. */
  #closes(): boolean {
    const level = this.#levels.at(-1);
    if (this.#text[this.#at] !== (level?.keys ? '}' : ']')) return false;
    this.#at += 1;
    return true;
  }

  #comma(): boolean {
    if (this.#closes()) return false;
    if (this.#text[this.#at] !== ',') this.#malformed('a comma or a closing bracket is missing');
    this.#at += 1;
    this.#skipSpace();
    return true;
  }

  /** The next index of an array, or the next key of an object with its colon. */
  #nextPlace(): void {
    const level = this.#levels.at(-1) as Level;
    level.count += 1;
    if (level.count > (level.keys ? KEYS_MAX : ELEMENTS_MAX)) this.#tooMany(level);
    if (!level.keys) {
      level.key = level.count - 1;
      return;
    }
    if (this.#text[this.#at] !== '"') this.#malformed('a key in double quotes is missing');
    const key = this.#string();
    if (FORBIDDEN_KEYS.has(key)) this.#refuseAt(key, 'FORBIDDEN_KEY', 'forbidden');
    if (level.keys.has(key)) this.#refuseAt(key, 'DUPLICATE_KEY', 'duplicate');
    level.keys.add(key);
    level.key = key;
    this.#skipSpace();
    if (this.#text[this.#at] !== ':') this.#malformed('a colon is missing');
    this.#at += 1;
    this.#skipSpace();
  }

  /** Takes a string and answers its value. */
  #string(): string {
    const start = this.#at;
    let escaped = false;
    this.#at += 1;
    this.#take(PLAIN_TEXT);
    while (this.#text[this.#at] === '\\') {
      escaped = true;
      if (!this.#take(ESCAPE)) this.#malformed('an escape is wrong');
      this.#take(PLAIN_TEXT);
    }
    if (this.#text[this.#at] !== '"')
      this.#malformed('a string does not end, or holds a raw control character');
    this.#at += 1;
    const raw = this.#text.slice(start, this.#at);
    const value: string = escaped ? JSON.parse(raw) : raw.slice(1, -1);
    if (escaped && (value.includes('\0') || !value.isWellFormed())) {
      this.#refuse('TEXT_INVALID', 'format', 'it holds a NUL character or an unpaired surrogate');
    }
    // Three bytes is the most that one UTF-16 unit takes: short strings, nearly all, are not measured.
    if (value.length * 3 > TEXT_BYTES_MAX && Buffer.byteLength(value) > TEXT_BYTES_MAX) {
      this.#refuse('TEXT_TOO_LONG', 'length', `longer than ${TEXT_BYTES_MAX} bytes`);
    }
    return value;
  }

  #number(): void {
    if (this.#take(WHOLE_NUMBER)) return;
    const start = this.#at;
    if (!this.#take(NUMBER_LIKE))
      this.#malformed(start >= this.#text.length ? 'the document ends too early' : 'a value is missing');
    const token = this.#text.slice(start, this.#at).slice(0, 40);
    this.#refuse('NUMBER_INVALID', 'type', `${token} is not a whole number in digits`);
  }

  #take(pattern: RegExp): boolean {
    pattern.lastIndex = this.#at;
    if (!pattern.test(this.#text)) return false;
    this.#at = pattern.lastIndex;
    return true;
  }

  /** Most places have none, and a character test is cheaper than a pattern. */
  #skipSpace(): void {
    const code = this.#text.charCodeAt(this.#at);
    if (code === 0x20 || (code >= 0x09 && code <= 0x0d)) this.#take(WHITESPACE);
  }

  #malformed(what: string): never {
    throw new ProblemError({ code: 'MALFORMED_JSON', detail: `${what} at character ${this.#at}` });
  }

  #tooMany(level: Level): never {
    const limit = level.keys ? `${KEYS_MAX} keys` : `${ELEMENTS_MAX} elements`;
    this.#levels.pop();
    this.#refuse('TOO_MANY_ELEMENTS', 'length', `more than ${limit}`);
  }

  #refuseAt(key: string, code: ProblemCode, detail: DetailCode): never {
    (this.#levels.at(-1) as Level).key = key;
    this.#refuse(code, detail, code === 'DUPLICATE_KEY' ? 'the key stands twice' : 'the key is not allowed');
  }

  #refuse(code: ProblemCode, detailCode: DetailCode, message: string): never {
    // A container whose first place was not reached yet (key -1) stands for itself.
    const pointer = toPointer(this.#levels.map((level) => level.key).filter((key) => key !== -1)).slice(
      0,
      POINTER_MAX,
    );
    throw new ProblemError({
      code,
      detail: `${pointer || 'the body'}: ${message}`,
      errors: [{ pointer, code: detailCode, message }],
    });
  }
}

/** RFC 6901. */
export function toPointer(path: readonly (string | number)[]): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
