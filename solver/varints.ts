// Non-negative integers as text: little-endian base 128, then base64. Small numbers, of which certificates are full, take 4/3 characters.
// Invariant: exact up to 2^53 - 1; a reader never throws and never reads past the end. Runs in a browser. Called by certificateCodec.ts.

/** Bytes turned to characters at once: more arguments than this a call may not have. */
const CHUNK = 8192;

export class VarintWriter {
  readonly #bytes: number[] = [];

  /** Throws on what is no integer from 0 to 2^53 - 1: a bug of the caller. */
  put(...values: number[]): void {
    for (let value of values) {
      if (!Number.isSafeInteger(value) || value < 0) throw new Error(`${value} cannot be stored`);
      for (; value >= 128; value = Math.floor(value / 128)) this.#bytes.push(128 + (value % 128));
      this.#bytes.push(value);
    }
  }

  text(): string {
    let characters = '';
    for (let at = 0; at < this.#bytes.length; at += CHUNK)
      characters += String.fromCharCode(...this.#bytes.slice(at, at + CHUNK));
    return btoa(characters);
  }
}

export class VarintReader {
  readonly #characters: string;
  #at = 0;
  #ok = true;

  constructor(text: string) {
    this.#characters = /^[A-Za-z0-9+/]*={0,2}$/.test(text) && text.length % 4 === 0 ? atob(text) : '';
    if (this.#characters === '' && text !== '') this.#ok = false;
  }

  /** The next number; 0 past the end or beyond 2^53 - 1, and then `done` stays false. */
  next(): number {
    let value = 0;
    for (let scale = 1; this.#at < this.#characters.length && scale <= 2 ** 49; scale *= 128) {
      const byte = this.#characters.charCodeAt(this.#at++);
      value += (byte % 128) * scale;
      if (byte < 128 && Number.isSafeInteger(value)) return value;
    }
    this.#ok = false;
    return 0;
  }

  /** False after anything that was no number of this kind. */
  get ok(): boolean {
    return this.#ok;
  }

  /** Everything was read, and all of it was well formed. */
  get done(): boolean {
    return this.#ok && this.#at === this.#characters.length;
  }
}
