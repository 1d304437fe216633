// The chapter of docs/policy-guide.md on the first own policy, from its first command to its last: what it prints, it says.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ran } from '../api/cli/recording.ts';

const ROOT = join(import.meta.dirname, '../..');
/** What the chapter makes; the folders of the repository stay what they are. */
const MADE = /(?<![\w/-])(sales-rules|before\.wasm|after\.wasm|acme\.wasm|request\.json)/g;

it('the chapter on the first own policy runs as it stands', async () => {
  const guide = readFileSync(join(ROOT, 'docs/policy-guide.md'), 'utf8');
  const chapter = guide.split('\n## ').find((part) => part.includes('Your first own policy\n')) ?? '';
  const home = mkdtempSync(join(tmpdir(), 'annona-guide-'));
  const placed = (text: string): string => text.replace(MADE, (name) => join(home, name));
  writeFileSync(join(home, 'request.json'), '{"durationSeconds": 2000}');
  let commands = 0;
  let edits = 0;
  try {
    for (const [, kind, block = ''] of chapter.matchAll(/```(diff)?\n([\s\S]*?)```/g)) {
      if (kind === 'diff') edits += edited(block, placed);
      else commands += await held(block, placed);
    }
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
  expect([commands, edits]).toEqual([8, 5]);
}, 60_000);

/** Replaces each text behind "-" by that behind the "+" below it. */
function edited(block: string, placed: (text: string) => string): number {
  const [name = '', ...lines] = block.trim().split('\n');
  const file = placed(name);
  for (let at = 0; at < lines.length; at += 2) {
    const text = readFileSync(file, 'utf8');
    const [from, to] = [lines[at]!.slice(1), lines[at + 1]!.slice(1)];
    expect(text).toContain(from);
    writeFileSync(file, text.replaceAll(from, to));
  }
  return lines.length / 2;
}

/** Runs each command and finds each line below it, but for the spaces between columns and revisions. */
async function held(block: string, placed: (text: string) => string): Promise<number> {
  const plain = (text: string): string =>
    text.replace(/ +/g, ' ').replace(/revision [0-9a-f]{12}/g, 'revision');
  const commands = block.split('$ npx annona ').slice(1);
  for (const command of commands) {
    const [line = '', ...wanted] = command.trim().split('\n');
    const { out, err } = await ran(...placed(line).split(' '));
    for (const one of wanted) expect(plain(`${out}\n${err}`), line).toContain(plain(placed(one)).trim());
  }
  return commands.length;
}
