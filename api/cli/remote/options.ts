// Reading the options of a command: texts into what they mean, or a line that says what they should be.
// Invariant: nothing is guessed; a wrong value is exit code 2 and names its option.

import { CommandError, EXIT } from '../io.ts';
import type { Options } from './spec.ts';

export function textOf(options: Options, name: string): string | undefined {
  const value = options[name];
  return typeof value === 'string' ? value : undefined;
}

export function textsOf(options: Options, name: string): readonly string[] {
  const value = options[name];
  return Array.isArray(value) ? value : typeof value === 'string' ? [value] : [];
}

export function flagOf(options: Options, name: string): boolean {
  return options[name] === true;
}

/** "a,b,c"; undefined when the option is absent. */
export function listOf(options: Options, name: string): readonly string[] | undefined {
  return textOf(options, name)
    ?.split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

export function wholeOf(options: Options, name: string): number | undefined {
  const text = textOf(options, name);
  return text === undefined ? undefined : whole(`--${dashed(name)}`, text);
}

export function whole(what: string, text: string): number {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(value)) return value;
  throw usage(`${what} ${text} is not a whole number`);
}

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

export function secondsOf(options: Options, name: string): number | undefined {
  const text = textOf(options, name);
  return text === undefined ? undefined : seconds(`--${dashed(name)}`, text);
}

/** "90", "90s", "30m", "2h30m", "1d". */
export function seconds(what: string, text: string): number {
  if (/^\d{1,10}$/.test(text)) return Number(text);
  const parts = /^(?:\d{1,8}[dhms])+$/.test(text) ? [...text.matchAll(/(\d+)([dhms])/g)] : [];
  const total = parts.reduce((sum, [, count, unit]) => sum + Number(count) * (SECONDS[unit ?? ''] ?? 0), 0);
  if (total > 0) return total;
  throw usage(`${what} ${text} is no length of time: write 90, 90s, 30m, 2h30m or 1d`);
}

export function required(
  invocation: { readonly args: readonly (string | undefined)[] },
  index: number,
): string {
  const value = invocation.args[index];
  if (value === undefined) throw new Error(`argument ${index} was declared as required and is not there`);
  return value;
}

export function usage(message: string): CommandError {
  return new CommandError(message, EXIT.usage);
}

function dashed(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
