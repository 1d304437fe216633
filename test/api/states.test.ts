// The palette of states: one word, icon and tone for each, in the console, on the command line and in reports.
import { expect, it } from 'vitest';
import { fields, table } from '../../api/cli/remote/output.ts';
import { STATE_WORDS, stateText, withColours } from '../../api/states.ts';

it('shows a state on the command line as everywhere: icon and word, in tables and in fields', () => {
  const items = [
    { id: 'req_1', state: 'waiting' },
    { id: 'app_1', state: 'seeking' },
  ];
  expect(
    table(items, [
      ['id', 'id'],
      ['state', 'state'],
    ]),
  ).toEqual(['ID     STATE', 'req_1  ◷ waiting', 'app_1  … seeking a slot']);
  expect(fields({ id: 'lea_1', state: 'active' })).toEqual(['id     lea_1', 'state  ▶ active']);
});

it('shows a state that this version does not know by its name', () => {
  expect(stateText('suspended')).toBe('? suspended');
});

it('tells no two states of one colour and icon by the same word, and every one by an icon of one column', () => {
  const said = Object.keys(STATE_WORDS).map((state) => stateText(state));
  expect(new Set(said).size).toBe(said.length);
  for (const { icon } of Object.values(STATE_WORDS)) expect([...icon]).toHaveLength(1);
});

it('colours what it wrote as a state, and no other words', () => {
  expect(withColours('req_1  ◷ waiting  standard')).toBe('req_1  \u001b[33m◷ waiting\u001b[0m  standard');
  expect(withColours('state  … seeking a slot')).toBe('state  \u001b[36m… seeking a slot\u001b[0m');
  for (const line of ['waiting for ◷ waiting rooms', 'req_1  waiting', '? suspended'])
    expect(withColours(line)).toBe(line);
});
