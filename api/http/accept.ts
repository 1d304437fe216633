// Which of the forms of an answer a caller would rather have (RFC 9110, section 12.5.1).
// Invariant: the first form is what is answered when nothing, or nothing that we have, is asked for. Called by usage.ts and events.ts.

/** The form with the greatest weight; between equals the one that stands first. */
export function preferredForm<Form extends string>(
  header: string | undefined,
  forms: readonly [Form, ...Form[]],
): Form {
  const ranges = (header ?? '').toLowerCase().split(',').map(rangeOf);
  let [best] = forms;
  let most = 0;
  for (const form of forms) {
    const weight = weightOf(form, ranges);
    if (weight > most) [best, most] = [form, weight];
  }
  return best;
}

interface MediaRange {
  readonly type: string;
  readonly weight: number;
}

function rangeOf(text: string): MediaRange {
  const [type = '', ...parameters] = text.split(';').map((part) => part.trim());
  const quality = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? '1';
  return { type, weight: /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(quality) ? Number(quality) : 0 };
}

/** The most exact range that names it decides. */
function weightOf(form: string, ranges: readonly MediaRange[]): number {
  const family = `${form.split('/', 1)[0]}/*`;
  for (const name of [form, family, '*/*']) {
    const range = ranges.find(({ type }) => type === name);
    if (range) return range.weight;
  }
  return 0;
}
