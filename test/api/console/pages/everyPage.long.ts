// Every page of the console in light and dark before axe-core, and the workbench with its compiler: what takes a browser longer.
// One server for all of them, in order. Run by `npm run test:long`.
import { beforeAll, expect, it } from 'vitest';
import { violations } from '../axe.ts';
import { CHROMIUM } from '../browser.ts';
import { AUTHOR, HOSTILE, OPERATOR, pushReviewed } from '../rig.ts';
import { openStage } from './stage.ts';

const stage = openStage();
const { looking } = stage;
let reviewed = '';

beforeAll(async () => {
  if (CHROMIUM !== undefined) reviewed = await pushReviewed(stage.rig);
}, 120_000);

it.skipIf(!CHROMIUM)('brings a policy into force with a reason', async () => {
  const author = await looking(AUTHOR, '#/policies');
  const activate = author.page.getByRole('button', { name: 'Activate' });
  await activate.focus();
  await author.page.keyboard.press('Enter');
  await author.page.getByRole('dialog').waitFor();
  await author.page.keyboard.type('confidential data is looked at first');
  await author.page.keyboard.press('Tab');
  await author.page.keyboard.press('Tab');
  await author.page.keyboard.press('Enter');
  await author.page.getByRole('cell', { name: 'in force' }).waitFor();
  expect(await (await stage.rig.client(AUTHOR)).get('/v1/policies/status')).toMatchObject({
    active: reviewed,
    sequence: 1,
  });
  await author.close();
});

it.skipIf(!CHROMIUM)(
  'compiles what is typed, runs its tests, and says what an edit would have decided',
  async () => {
    const { page, errors, foreign, close } = await looking(AUTHOR, '#/policies');
    await page.getByRole('button', { name: 'Open the policies that ship' }).focus();
    await page.keyboard.press('Enter');
    const rego = page.getByRole('textbox', { name: 'Rego' });
    await page.getByLabel('File to edit').selectOption('policies/rego/default/handling.rego');
    await page.getByText('✓ compiles').waitFor({ timeout: 30_000 });
    const text = await rego.inputValue();
    await rego.fill(text.replace('PURPOSE_VAGUE(row) := false if {', 'PURPOSE_VAGUE(row) := false if {{'));
    await page.getByText(/handling\.rego:\d+:\d+/).waitFor({ timeout: 30_000 });
    // Nobody is asked for a purpose: what was denied for lack of one would have been allowed.
    await rego.fill(text.replace('least_purpose_characters := 12', 'least_purpose_characters := 0'));
    await page.getByText('✓ compiles').waitFor({ timeout: 30_000 });
    await page.getByRole('button', { name: 'What would it have decided?' }).focus();
    await page.keyboard.press('Enter');
    await page.getByText(/of the last \d+ requests/).waitFor({ timeout: 30_000 });
    expect(await page.getByRole('region', { name: 'Changed outcomes' }).textContent()).toMatch(
      /research.*-PURPOSE_VAGUE/,
    );
    expect({ errors, foreign }).toEqual({ errors: [], foreign: [] });
    await close();
  },
);

const PAGES = [
  '#/',
  '#/requests',
  '#/requests/ID',
  '#/ticks',
  '#/ticks/1',
  '#/departments',
  '#/departments/research',
  '#/reviews?state=all',
  '#/policies',
  '#/simulations',
];
const DIALOGS = [
  ['#/departments/research', 'Edit the quota of gpu'],
  ['#/departments/research', 'Edit the budget of research'],
  ['#/simulations', 'New simulation'],
  ['#/', 'Keys and help'],
] as const;
it.skipIf(!CHROMIUM).each(['light', 'dark'] as const)(
  'has nothing for axe to find on any page, %s',
  async (colours) => {
    const { page, errors, foreign, close } = await looking(OPERATOR, '#/', { colours });
    const found: string[] = [];
    for (const path of PAGES) {
      await page.evaluate(`location.hash = ${JSON.stringify(path.replace('ID', stage.waiting))}`);
      await page.locator('main h1').first().waitFor();
      await expect.poll(() => page.locator('.loading').count(), { timeout: 15_000 }).toBe(0);
      found.push(...(await violations(page)));
    }
    for (const [path, button] of DIALOGS) {
      await page.evaluate(`location.hash = ${JSON.stringify(path)}`);
      await page.getByRole('button', { name: button, exact: true }).click();
      await page.getByRole('dialog').waitFor();
      found.push(...(await violations(page)));
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
    }
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('Access token').waitFor();
    found.push(...(await violations(page)));
    expect(found).toEqual([]);
    expect({ errors, foreign }).toEqual({ errors: [], foreign: [] });
    await close();
  },
);

it.skipIf(!CHROMIUM)('shows hostile words as words on every page', async () => {
  const author = await stage.rig.client(AUTHOR);
  await author.post('/v1/agents', {
    ...{ id: 'hostile', department: 'research', clearance: 'internal', accounts: ['research'] },
  });
  // Names are of a closed alphabet; labels and the words of people are not.
  const labels = { model: HOSTILE };
  await author.edits.put(
    '/v1/pools/hostile',
    { kind: 'gpu', unit: 'GPU', capacity: 1, labels },
    { base: null },
  );
  const agent = await stage.rig.client({ role: 'agent', department: 'research', agent: 'hostile' });
  await agent.submit({
    clientRequestId: 'hostile-1',
    options: [{ claims: [{ kind: 'gpu', quantity: 1, selector: { model: HOSTILE } }] }],
    terms: { class: 'standard', durationSeconds: 900, purpose: HOSTILE, summary: HOSTILE },
  });
  const { page, errors, foreign, close } = await looking(OPERATOR, '#/');
  const seen: string[] = [];
  const more = ['#/requests?q=onerror', '#/simulations?compare=%3Cimg%20src%3Dx%3E', '#/%3Cimg%3E/%3Cb%3E'];
  for (const path of [...PAGES, ...more]) {
    await page.evaluate(`location.hash = ${JSON.stringify(path.replace('ID', stage.waiting))}`);
    await page.locator('main').waitFor();
    await expect.poll(() => page.locator('.loading').count(), { timeout: 15_000 }).toBe(0);
    expect([path, await page.locator('main img, main script, main b').count()]).toEqual([path, 0]);
    expect([path, await page.title()]).toEqual([path, expect.stringContaining('Annona')]);
    if ((await page.locator('main').textContent())?.includes('<img src=x')) seen.push(path);
  }
  // The words were there to be shown.
  expect(seen).toEqual(expect.arrayContaining(['#/requests', '#/requests?q=onerror']));
  expect({ errors, foreign }).toEqual({ errors: [], foreign: [] });
  await close();
});
