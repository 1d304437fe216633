// The journey of an agent that holds an offer while it makes up its mind, and of those who may only look. Registered by journeys.test.ts.
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { violations } from '../axe.ts';
import { CHROMIUM } from '../browser.ts';
import { OPERATOR, WAITER } from '../rig.ts';
import type { Stage } from './stage.ts';

/** A hold lasts ten seconds: on a busy machine the page may take longer to come back. */
const TRIES = 5;

async function press(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name, exact: true }).first().focus();
  await page.keyboard.press('Enter');
}

/** Holds the first offer by keys alone. */
async function hold(page: Page): Promise<void> {
  await press(page, 'Hold');
  const dialog = page.getByRole('dialog', { name: 'Hold this offer?' });
  await dialog.waitFor();
  expect(await dialog.textContent()).toContain('for 10 seconds');
  expect(await dialog.getByRole('button', { name: 'Hold the offer' }).isDisabled()).toBe(true);
  await page.keyboard.type('asking the team');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await dialog.waitFor({ state: 'detached' });
}

/** Whether what was held is still shown as held. */
async function isHeld(page: Page): Promise<boolean> {
  await page.getByRole('heading', { name: 'What to change' }).waitFor();
  return page.getByText('Held for you until').isVisible();
}

/** Held, seen, read again by a new page, and still held. */
async function holdsOverReload(page: Page): Promise<boolean> {
  await hold(page);
  await page.getByText('Held for you until').waitFor();
  expect(await page.locator('.held').textContent()).toMatch(/\d+ gpu.*\d+ s left/);
  await page.reload();
  return isHeld(page);
}

/** In this order: the last two leave the request waiting as it was. */
export function holdsAnOffer(stage: Stage): void {
  holdsAndAccepts(stage);
  letsGo(stage);
  showsToViewers(stage);
}

function holdsAndAccepts(stage: Stage): void {
  it.skipIf(!CHROMIUM)('holds an offer, finds it held after a reload, and accepts it, by keys', async () => {
    const client = await stage.rig.client(WAITER);
    const asked = await client.submit(
      {
        clientRequestId: 'hold-it',
        options: [{ claims: [{ kind: 'gpu', quantity: 40, selector: { model: 'H100', zone: 'waw1' } }] }],
        terms: { class: 'standard', durationSeconds: 1800, purpose: 'evaluation of a ranking model' },
      },
      { waitSeconds: 1 },
    );
    const { page, errors, close } = await stage.looking(WAITER, `#/requests/${asked.id}`);
    await page.getByRole('button', { name: 'Hold', exact: true }).first().waitFor();
    let held = false;
    for (let attempt = 0; attempt < TRIES && !held; attempt++) held = await holdsOverReload(page);
    expect(held).toBe(true);
    await press(page, 'Accept what is held');
    await page.getByRole('dialog', { name: 'Take this instead?' }).waitFor();
    await page.keyboard.type('half of it is enough');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await expect.poll(() => page.url()).not.toContain(asked.id);
    await page.getByRole('heading', { name: /granted/ }).waitFor();
    const taken = page.url().split('/').at(-1)!;
    expect((await client.request(asked.id)).reasons[0]?.code).toBe('REPLACED');
    expect(errors).toEqual([]);
    await close();
    await client.cancel(taken);
  });
}

function letsGo(stage: Stage): void {
  it.skipIf(!CHROMIUM)(
    'lets go of what it holds, and is told what to do where it may hold no more',
    async () => {
      const { page, close } = await stage.looking(WAITER, `#/requests/${stage.waiting}`);
      await page.getByRole('button', { name: 'Hold', exact: true }).first().waitFor();
      await page.route('**/offers/*/hold', (route) =>
        route.fulfill({ status: 202, json: { id: 'req_refused' } }),
      );
      const limit = {
        code: 'HOLD_LIMIT',
        actor: 'requester',
        what: 'judge-02',
        requested: 1,
        held: 1,
        limit: 1,
      };
      const reasons = [{ ...limit, advice: 'Accept or cancel what is held.' }];
      await page.route('**/v1/requests/req_refused', (route) =>
        route.fulfill({ json: { id: 'req_refused', state: 'denied', reasons } }),
      );
      await hold(page);
      const refusal = page.getByRole('alert').filter({ hasText: 'It could not be held' });
      await refusal.waitFor();
      expect(await refusal.textContent()).toMatch(/HOLD_LIMIT.*Accept or cancel what is held/s);
      await page.unrouteAll();
      await hold(page);
      await page.getByText('Held for you until').waitFor();
      await press(page, 'Let go');
      await page.getByRole('dialog', { name: 'Let go of what is held?' }).waitFor();
      await page.keyboard.type('it is of no use');
      await page.keyboard.press('Tab');
      await page.keyboard.press('Tab');
      await page.keyboard.press('Enter');
      await page.getByText('Held for you until').waitFor({ state: 'detached' });
      await close();
    },
  );
}

function showsToViewers(stage: Stage): void {
  it.skipIf(!CHROMIUM).each(['light', 'dark'] as const)(
    'shows what is held, and the score of each place, to those who may only look: %s',
    async (colours) => {
      const { page, close } = await stage.looking(OPERATOR, '', { colours });
      const until = '2999-01-01T00:00:00.000Z';
      const options = [{ claims: [{ kind: 'gpu', quantity: 16 }] }];
      await page.route('**/explanation', async (route) => {
        const answer = await route.fetch();
        const explanation = (await answer.json()) as object;
        await route.fulfill({
          json: { ...explanation, heldOffer: { id: 'req_held', offer: 'off', until, options } },
        });
      });
      await page.goto(`${stage.rig.url}#/requests/${stage.waiting}`);
      await page.getByText('judge-02 itself can hold or accept one', { exact: false }).waitFor();
      await page.getByText('Held until', { exact: false }).waitFor();
      expect(await page.getByRole('button', { name: /^Hold|^Accept|^Let go/ }).count()).toBe(0);
      const panel = page.getByRole('region', { name: 'What it could take' });
      expect(await panel.textContent()).toMatch(/allowed by policy [0-9a-f]{12}.*It is worth [\d,]+ points/s);
      const row = panel.getByRole('row', { name: /h100-waw1/ });
      expect(await row.textContent()).toMatch(/worth [\d,]+ there/);
      expect(await violations(page)).toEqual([]);
      await close();
    },
  );
}
