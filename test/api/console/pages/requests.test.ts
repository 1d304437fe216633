// Requests in a browser, by the keyboard alone: the list, its filter, one request with its reasons and offers, and acting on it.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CHROMIUM, type Looking, openBrowser, openPage, signIn } from '../browser.ts';
import { fill, HOSTILE, OPERATOR, openRig, type Rig, WAITER } from '../rig.ts';

let rig: Rig;
let browser: Browser;
let waiting = '';
const open: Looking[] = [];

beforeAll(async () => {
  if (CHROMIUM === undefined) return;
  [rig, browser] = await Promise.all([openRig(), openBrowser()]);
  waiting = await fill(rig);
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await rig?.close();
});

async function looking(holder: Parameters<Rig['token']>[0], path = ''): Promise<Looking> {
  const look = await openPage(browser, `${rig.url}${path}`);
  open.push(look);
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
