// How long files and functions are: a file is one idea, a function fits a screen. Called by test/house.test.ts.
// A function is measured from the line that names it to its closing brace. A `describe` block of a test is a chapter,
// not a function, and is not measured; the tests in it are.
import { type HouseFile, isScript, lineAt, type Tree } from './tree.ts';

export const MOST_FILE_LINES = 400;
export const MOST_FUNCTION_LINES = 70;

export type Measured = { name: string; line: number; lines: number };

const CLOSING: Readonly<Record<string, string>> = { ')': '(', ']': '[', '}': '{' };
const NOT_METHODS = new Set([
  'if',
  'for',
  'while',
  'switch',
  'catch',
  'with',
  'return',
  'await',
  'typeof',
  'new',
  'super',
  'import',
  'function',
]);
/** What a type's `{` may follow; any other opens the body. */
const BEFORE_TYPE_LITERAL = /(?:[:|&<,(?]|=>|\b(?:is|extends|keyof|infer|readonly|asserts))\s*$/;

type Brackets = { partner: Map<number, number>; parent: Map<number, number> };

/** For each bracket its partner, and for each opening one the opening one around it. */
function bracketsOf(code: string): Brackets {
  const partner = new Map<number, number>();
  const parent = new Map<number, number>();
  const open: number[] = [];
  for (let at = 0; at < code.length; at += 1) {
    const char = code[at] ?? '';
    if ('([{'.includes(char)) {
      parent.set(at, open.at(-1) ?? -1);
      open.push(at);
    } else if (CLOSING[char] && code[open.at(-1) ?? -1] === CLOSING[char]) {
      const start = open.pop() ?? -1;
      partner.set(start, at);
      partner.set(at, start);
    }
  }
  return { partner, parent };
}

/** Where the parameters open after a name that ends at `from`, past `<T extends {…}>`; -1 if they do not. */
function parametersAfter(code: string, from: number): number {
  let depth = 0;
  for (let at = from; at < code.length; at += 1) {
    const char = code[at] ?? '';
    if (char === '<') depth += 1;
    else if (char === '>' && code[at - 1] !== '=') depth -= 1;
    else if (depth === 0) return char === '(' ? at : /\s/.test(char) ? parametersAfter(code, at + 1) : -1;
  }
  return -1;
}

/** Where the body opens after the parameters that close at `from`, past a return type; -1 for a call or a signature. */
function bodyAfter(code: string, from: number, { partner }: Brackets): number {
  const rest = /^\s*(:)?/.exec(code.slice(from + 1, from + 200));
  let at = from + 1 + (rest?.[0].length ?? 0);
  if (!rest?.[1]) return code[at] === '{' ? at : -1;
  let angle = 0;
  for (; at < code.length; at += 1) {
    const char = code[at] ?? '';
    if (char === '<') angle += 1;
    else if (char === '>' && code[at - 1] !== '=') angle -= 1;
    else if (char === '{' && angle === 0 && !BEFORE_TYPE_LITERAL.test(code.slice(Math.max(0, at - 20), at)))
      return at;
    else if ('([{'.includes(char)) at = partner.get(at) ?? code.length;
    else if (';)}'.includes(char) || (char === ',' && angle === 0)) return -1;
  }
  return -1;
}

const NAMED =
  /\bfunction\b\s*\*?\s*([\w$]*)|(?<=(?:^|[;{}\n])[ \t]*(?:(?:async|static|get|set|override|export|default)\s+|\*\s*)*)([\w$#]+)(?=\s*[<(])/g;
const ARROW = /=>\s*\{/g;

/** Every function with a body in braces, as it stands in the file. */
export function functionsOf({ code }: Pick<HouseFile, 'code'>): Measured[] {
  const brackets = bracketsOf(code);
  const measure = (name: string, start: number, body: number): Measured => {
    const line = lineAt(code, start);
    return { name, line, lines: lineAt(code, brackets.partner.get(body) ?? code.length) - line + 1 };
  };
  const named = [...code.matchAll(NAMED)].flatMap((match) => {
    if (match[2] && NOT_METHODS.has(match[2])) return [];
    const opens = parametersAfter(code, match.index + match[0].length);
    const closes = brackets.partner.get(opens);
    const body = opens < 0 || closes === undefined ? -1 : bodyAfter(code, closes, brackets);
    return body < 0 ? [] : [measure(match[1] || match[2] || 'a function', match.index, body)];
  });
  const arrows = [...code.matchAll(ARROW)].flatMap((match) => {
    const body = match.index + match[0].length - 1;
    const caller = brackets.parent.get(body) ?? -1;
    const before = code.slice(code.lastIndexOf('\n', caller) + 1, Math.max(0, caller));
    if (/\bdescribe\b[^;]*$/.test(before)) return [];
    const line = code.slice(code.lastIndexOf('\n', match.index) + 1, match.index);
    return [
      measure(
        /([\w$]+)\s*(?::[^=]+)?=\s*(?:async\s*)?\(/.exec(line)?.[1] ?? 'an arrow function',
        match.index,
        body,
      ),
    ];
  });
  return [...named, ...arrows].sort((a, b) => a.line - b.line);
}

/** One line for each file and function that is too long. */
export function sizeBreaches(tree: Tree): string[] {
  return [...tree.values()]
    .filter((file) => isScript(file.path))
    .flatMap((file) => {
      const lines = file.text.replace(/\n$/, '').split('\n').length;
      const tooLong = functionsOf(file).filter((measured) => measured.lines > MOST_FUNCTION_LINES);
      return [
        ...(lines > MOST_FILE_LINES
          ? [`${file.path} has ${lines} lines, at most ${MOST_FILE_LINES}: split it by idea`]
          : []),
        ...tooLong.map(
          (measured) =>
            `${file.path}:${measured.line} ${measured.name} has ${measured.lines} lines, at most ${MOST_FUNCTION_LINES}: name its steps`,
        ),
      ];
    });
}
