// The journeys of the console in a browser, against a whole server of the sample organisation, by the keyboard alone.
// One server for all of them, in order: what a journey changes, a later one may meet.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CHROMIUM, type Looking, openBrowser, openPage, signIn } from '../browser.ts';
import { fill, HOSTILE, OPERATOR, openRig, type Rig, WAITER } from '../rig.ts';

let rig: Rig;
let browser: Browser;
let waiting = '';

beforeAll(async () => {
  if (CHROMIUM === undefined) return;
  [rig, browser] = await Promise.all([openRig(), openBrowser()]);
  waiting = await fill(rig);
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
  await dialog.getByLabel(/borrowing limit/).fill('0');
  await dialog.getByText('In use now', { exact: false }).waitFor();
  await dialog.getByText('more than it would allow', { exact: false }).waitFor();
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
