// The benches' command lines: whole numbers and choices, refused by name. Called by http.ts and drain.ts.

export function wholeNumber(name: string, text: string): number {
  if (!/^[1-9][0-9]{0,8}$/.test(text))
    throw new RangeError(`${name} ${text} is not a whole number from 1 on`);
  return Number(text);
}

export function choice<Value extends string>(name: string, text: string, allowed: readonly Value[]): Value {
  const found = allowed.find((value) => value === text);
  if (found === undefined) throw new RangeError(`${name} ${text} is not one of ${allowed.join(', ')}`);
  return found;
}
