// The journeys of the console in a browser, against a whole server of the sample organisation, by the keyboard alone.
// One server for all of them, in order: what a journey changes, a later one may meet.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CHROMIUM, type Looking, openBrowser, openPage, signIn } from '../browser.ts';
import {
  AUTHOR,
  fill,
  HOSTILE,
  OPERATOR,
  openRig,
  pushReviewed,
  REVIEWER,
  type Rig,
  WAITER,
} from '../rig.ts';

let rig: Rig;
let browser: Browser;
let waiting = '';
let reviewed = '';

beforeAll(async () => {
  if (CHROMIUM === undefined) return;
  [rig, browser] = await Promise.all([openRig(), openBrowser()]);
  waiting = await fill(rig);
  reviewed = await pushReviewed(rig);
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await rig?.close();
});

async function looking(
  holder: Parameters<Rig['token']>[0],
  path = '',
  colours: 'light' | 'dark' = 'light',
): Promise<Looking> {
  const look = await openPage(browser, `${rig.url}${path}`, { colours });
  await signIn(look.page, await rig.token(holder));
  return look;
}

it.skipIf(!CHROMIUM)('finds the request that waits, and says why, by keys alone', async () => {
  const { page, foreign, errors, close } = await looking(OPERATOR);
  await page.keyboard.press('g');
  await page.keyboard.press('r');
  await page.getByRole('heading', { name: 'Requests' }).waitFor();
  await page.keyboard.press('/');
  await page.keyboard.type('nightly evaluation');
  await page.getByText('1 of ', { exact: false }).first().waitFor();
  expect(page.url()).toContain('q=nightly');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: /waiting/ }).waitFor();
  expect(page.url()).toContain(waiting);
  await page.getByText('POOL_FULL').first().waitFor();
  await page.getByText('judge-14').first().waitFor();
  // Who holds it and what is left of it stand in words, and the time line names the tick.
  const text = await page.locator('main').textContent();
  expect(text).toMatch(/It asks for 32; 16 are left/);
  expect(text).toMatch(/h100-waw1/);
  expect(text).toMatch(/policy [0-9a-f]{12}, epoch \d/);
  expect({ foreign, errors }).toEqual({ foreign: [], errors: [] });
  await close();
});

it.skipIf(!CHROMIUM)('moves with j and k, and names the chosen row', async () => {
  const { page, close } = await looking(OPERATOR, '#/requests');
  const grid = page.getByRole('grid', { name: 'Requests' });
  await page.getByRole('row', { selected: true }).waitFor();
  const chosen = async () => grid.getAttribute('aria-activedescendant');
  const first = await chosen();
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await page.keyboard.press('k');
  await expect.poll(chosen).toBe('row-1');
  expect(first).toBe('row-0');
  await close();
});

it.skipIf(!CHROMIUM)('shows hostile words as words', async () => {
  const { page, errors, close } = await looking(WAITER, '#/requests?q=onerror');
  await page.getByRole('gridcell', { name: 'img src', exact: false }).first().waitFor();
  await page.keyboard.press('Enter');
  await page.locator('.summary').waitFor();
  expect(await page.locator('.summary').textContent()).toBe(HOSTILE);
  expect(await page.title()).toContain('Annona');
  expect(await page.locator('img').count()).toBe(0);
  expect(errors).toEqual([]);
  await close();
});

it.skipIf(!CHROMIUM)('takes an offer, with a reason that is kept', async () => {
  const { page, close } = await looking(WAITER, `#/requests/${waiting}`);
  await page.getByRole('button', { name: 'Accept' }).first().focus();
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog');
  await dialog.waitFor();
  // Without a reason nothing is sent.
  expect(await dialog.getByRole('button', { name: 'Accept the offer' }).isDisabled()).toBe(true);
  await page.keyboard.type('half of it is enough tonight');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await expect.poll(() => page.url()).not.toContain(waiting);
  await page.getByRole('heading', { name: /granted|queued/ }).waitFor();
  const client = await rig.client(WAITER);
  expect((await client.request(waiting)).reasons[0]?.code).toBe('REPLACED');
  await close();
});

it.skipIf(!CHROMIUM)('verifies a tick with the checker of the command line', async () => {
  const { items } = await (await rig.client(OPERATOR)).get('/v1/ticks', { limit: 50 });
  const ticks = items as readonly { readonly tick: number; readonly stages: readonly unknown[] }[];
  const tick = ticks.find(({ stages }) => stages.length > 0);
  const { page, errors, close } = await looking(OPERATOR, `#/ticks/${tick?.tick}`);
  const verify = page.getByRole('button', { name: 'Verify in this browser' });
  await verify.waitFor();
  await verify.focus();
  await page.keyboard.press('Enter');
  await page.getByText('Verified: every check holds.').waitFor();
  expect(await page.locator('.verified').textContent()).toMatch(/record.*snapshot.*model.*plan.*rows/s);
  expect(errors).toEqual([]);
  await close();
});

const QUOTA = '/v1/quotas/research/gpu';

it.skipIf(!CHROMIUM)('previews the edit of a quota, and lets nobody write over another unseen', async () => {
  const { page, close } = await looking(OPERATOR, '#/departments/research');
  const { edits } = await rig.client(OPERATOR);
  const before = await edits.read(QUOTA);
  await page.getByRole('button', { name: 'Edit the quota of gpu' }).focus();
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog');
  const nominal = dialog.getByLabel(/nominal/);
  await nominal.fill('9999999');
  await dialog.getByText('/nominal', { exact: false }).waitFor();
  await nominal.fill('20');
  await dialog.getByText('but only 20 are its own', { exact: false }).waitFor();
  await dialog.getByLabel(/lending limit/).fill('0');
  await dialog.getByText('In use now', { exact: false }).waitFor();
  expect(await dialog.textContent()).toContain('more than it would allow');
  // Meanwhile somebody else edits the same quota.
  const { department: _d, kind: _k, used: _u, ...body } = before.value as Record<string, unknown>;
  await edits.put(QUOTA, { ...body, nominal: 590 }, { base: before.etag });
  await dialog.getByLabel(/Why/).fill('the cluster is lent to engineering');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await dialog.getByText('Somebody else changed it meanwhile', { exact: false }).waitFor();
  expect(await dialog.textContent()).toContain('nominal 590');
  expect((await edits.read(QUOTA)).value.nominal).toBe(590);
  await page.keyboard.press('Enter');
  await dialog.waitFor({ state: 'detached' });
  expect((await edits.read(QUOTA)).value.nominal).toBe(20);
  const again = await edits.read(QUOTA);
  await edits.put(QUOTA, body, { base: again.etag });
  await close();
});

it.skipIf(!CHROMIUM)(
  'brings a policy into force with a reason, and shows what it then asks of reviewers',
  async () => {
    const author = await looking(AUTHOR, '#/policies');
    const activate = author.page.getByRole('button', { name: 'Activate' });
    await activate.focus();
    await author.page.keyboard.press('Enter');
    await author.page.keyboard.type('confidential data is looked at first');
    await author.page.keyboard.press('Tab');
    await author.page.keyboard.press('Tab');
    await author.page.keyboard.press('Enter');
    await author.page.getByRole('cell', { name: 'in force' }).waitFor();
    expect(await (await rig.client(AUTHOR)).get('/v1/policies/status')).toMatchObject({
      active: reviewed,
      sequence: 1,
    });
    await author.close();

    const client = await rig.client(WAITER);
    const terms = {
      class: 'standard',
      durationSeconds: 600,
      classification: 'confidential',
      purpose: 'a study of outcomes',
    };
    const claims = [{ kind: 'cpu', quantity: 4 }];
    const asked = await client.submit({ clientRequestId: 'reviewed-1', options: [{ claims }], terms });
    await expect
      .poll(async () => (await client.request(asked.id)).reasons[0]?.code, { timeout: 20_000 })
      .toBe('AWAITING_APPROVAL');
    const state = async () =>
      ((await (await rig.client(OPERATOR)).get('/v1/approvals')).items as { state: string }[])[0]?.state;
    await expect.poll(state, { timeout: 20_000 }).toBe('scheduled');

    const reviewer = await looking(REVIEWER, '#/reviews');
    await reviewer.page.getByRole('button', { name: 'Approve' }).focus();
    await reviewer.page.keyboard.press('Enter');
    await reviewer.page.keyboard.type('the data set is pseudonymous');
    await reviewer.page.keyboard.press('Tab');
    await reviewer.page.keyboard.press('Tab');
    await reviewer.page.keyboard.press('Enter');
    await reviewer.page.getByText('Nothing waits for a ruling', { exact: false }).waitFor();
    expect(await client.wait(asked.id, { signal: AbortSignal.timeout(20_000) })).toMatchObject({
      state: 'granted',
    });
    expect(reviewer.errors).toEqual([]);
    await reviewer.close();
  },
);

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
];
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

async function violations(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  const found = await page.evaluate<{ id: string; nodes: { html: string }[] }[]>(
    'axe.run(document).then(({ violations }) => violations.map(({ id, nodes }) => ({ id, nodes: nodes.map(({ html }) => ({ html })) })))',
  );
  return found.map(({ id, nodes }) => `${page.url()}: ${id}: ${nodes[0]?.html}`);
}

it.skipIf(!CHROMIUM).each(['light', 'dark'] as const)(
  'has nothing for axe to find on any page, %s',
  async (colours) => {
    const { page, errors, foreign, close } = await looking(OPERATOR, '#/', colours);
    const found: string[] = [];
    for (const path of PAGES) {
      await page.evaluate(`location.hash = ${JSON.stringify(path.replace('ID', waiting))}`);
      await page.locator('main h1').first().waitFor();
      await expect.poll(() => page.locator('.loading').count()).toBe(0);
      found.push(...(await violations(page)));
    }
    await page.keyboard.press('?');
    await page.getByRole('dialog').waitFor();
    found.push(...(await violations(page)));
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('Access token').waitFor();
    found.push(...(await violations(page)));
    expect(found).toEqual([]);
    expect({ errors, foreign }).toEqual({ errors: [], foreign: [] });
    await close();
  },
);

it.skipIf(!CHROMIUM)('says when a token has ended, and goes on where it was with the next', async () => {
  const look = await openPage(browser, `${rig.url}#/requests?q=nightly`);
  const { page } = look;
  await signIn(page, await rig.token(OPERATOR, 4));
  await page.getByRole('heading', { name: 'Requests' }).waitFor();
  await page.getByText('Your token has ended', { exact: false }).waitFor({ timeout: 60_000 });
  expect(await page.locator('main').textContent()).not.toContain('evaluation');
  await signIn(page, await rig.token(OPERATOR));
  await page.getByRole('heading', { name: 'Requests' }).waitFor();
  expect(page.url()).toContain('q=nightly');
  await look.close();
});

it.skipIf(!CHROMIUM)('says that it is stale while the server is away, and goes on by itself', async () => {
  const { page, close } = await looking(OPERATOR, '#/requests');
  await page.getByText('● live').waitFor();
  await page.getByRole('row', { selected: true }).waitFor();
  await rig.stop();
  await page.getByText('What stands here may be old.').waitFor();
  // What was read stays.
  expect(await page.getByRole('gridcell').count()).toBeGreaterThan(4);
  await rig.restart();
  await page.getByText('● live').waitFor({ timeout: 30_000 });
  const client = await rig.client(WAITER);
  const claims = [{ kind: 'cpu', quantity: 1 }];
  await client.submit({
    clientRequestId: 'after-restart',
    options: [{ claims }],
    terms: {
      class: 'standard',
      durationSeconds: 60,
      purpose: 'a look after the restart',
      summary: 'Seen after the restart',
    },
  });
  await page.getByRole('gridcell', { name: 'Seen after the restart' }).waitFor({ timeout: 20_000 });
  await close();
});
