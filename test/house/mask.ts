// Blanks comments and strings of TypeScript text, so that a rule about code does not see prose.
// Invariant: every mask has the text's length and line breaks, so an offset means the same place in all of them.
// Called by tree.ts for every file. A scanner of our own: TypeScript 7 offers its parser only under `unstable/`.

/** `code`: comments and the insides of strings and regexes blank. `bare`: comments blank, strings and regexes as they are. */
export type Masks = { code: string; bare: string };

const BEFORE_REGEX =
  /(?:^|[(,=:[!&|?{};+\-*%~^<>]|\b(?:return|typeof|case|in|of|delete|void|throw|new|do|else|yield|await))\s*$/;

type Span = { from: number; to: number; kind: 'comment' | 'literal' };

const blank = (text: string) => text.replace(/[^\n]/g, ' ');

/** Where the string that opens at `start` closes; a quote that is still open at the line's end closes there. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === text[start] || text[at] === '\n') return at;
  }
  return text.length;
}

function endOfRegex(text: string, start: number): number {
  let inClass = false;
  for (let at = start + 1; at < text.length; at += 1) {
    const char = text[at];
    if (char === '\n') return start;
    if (char === '\\') at += 1;
    else if (char === '[') inClass = true;
    else if (char === ']') inClass = false;
    else if (char === '/' && !inClass) return at;
  }
  return start;
}

/** The end of a template's text from `at`: its closing backtick, or the brace of a `${`. */
function endOfTemplateText(text: string, from: number): number {
  for (let at = from; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === '`') return at;
    else if (text[at] === '$' && text[at + 1] === '{') return at + 1;
  }
  return text.length;
}

/** The slash of `</a>` or of `<a />`: no regex begins so that anybody writes. */
function isOfTag(text: string, at: number): boolean {
  return text[at - 1] === '<' || text[at + 1] === '>';
}

/** The comments and literals of a text; the delimiters of literals are not part of their span. */
function spansOf(text: string): Span[] {
  const spans: Span[] = [];
  // One number for each `${` that is open: how many braces have been opened inside it.
  const templates: number[] = [];
  const literal = (from: number, to: number) => {
    spans.push({ from, to, kind: 'literal' });
    return to;
  };
  const templateText = (from: number) => {
    const end = literal(from, endOfTemplateText(text, from));
    if (text[end] === '{') templates.push(0);
    return end;
  };
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at];
    const pair = text.slice(at, at + 2);
    if (pair === '//' || pair === '/*' || (at === 0 && pair === '#!')) {
      const found = pair === '/*' ? text.indexOf('*/', at + 2) : text.indexOf('\n', at);
      const to = found < 0 ? text.length : pair === '/*' ? found + 2 : found;
      spans.push({ from: at, to, kind: 'comment' });
      at = to - 1;
    } else if (char === '"' || char === "'") {
      at = literal(at + 1, endOfString(text, at));
    } else if (char === '`') {
      at = templateText(at + 1);
    } else if (char === '{' && templates.length > 0) {
      templates.push((templates.pop() ?? 0) + 1);
    } else if (char === '}' && templates.length > 0) {
      const open = templates.pop() ?? 0;
      if (open === 0) at = templateText(at + 1);
      else templates.push(open - 1);
    } else if (
      char === '/' &&
      !isOfTag(text, at) &&
      BEFORE_REGEX.test(text.slice(Math.max(0, at - 40), at))
    ) {
      const end = endOfRegex(text, at);
      if (end > at) at = literal(at + 1, end);
    }
  }
  return spans;
}

/** Both masks of a text. */
export function mask(text: string): Masks {
  let code = '';
  let bare = '';
  let done = 0;
  for (const { from, to, kind } of spansOf(text)) {
    const before = text.slice(done, from);
    const inside = text.slice(from, to);
    code += before + blank(inside);
    bare += before + (kind === 'comment' ? blank(inside) : inside);
    done = to;
  }
  const rest = text.slice(done);
  return { code: code + rest, bare: bare + rest };
}
