// Bad days of the console: a slow network behind a proxy, a token that ends, a server that goes away, departments with nothing and lists of
// thousands. Registered by journeys.test.ts, last: the server is stopped and started again.
import { expect, it } from 'vitest';
import { CHROMIUM, openPage, signIn } from '../browser.ts';
import { openProxy } from '../proxy.ts';
import { OPERATOR, WAITER } from '../rig.ts';
import type { Stage } from './stage.ts';

const AGENTS = Array.from({ length: 2000 }, (_, index) => ({
  id: `agent-${String(index).padStart(4, '0')}`,
  department: 'research',
  roles: ['agent'],
  skills: ['training'],
  clearance: 'internal',
  accounts: ['research'],
  concurrency: 1,
  heartbeatAt: '2026-11-27T00:00:00.000Z',
}));
const WAITING = Array.from({ length: 10_000 }, (_, index) => ({
  id: `req_${String(index).padStart(26, '0')}`,
  clientRequestId: `client-${index}`,
  department: 'research',
  agent: 'judge-02',
  state: 'waiting',
  options: [{ claims: [{ kind: 'gpu', quantity: 8 }] }],
  terms: { class: 'standard', durationSeconds: 60, purpose: 'a long queue', summary: `evaluation ${index}` },
  submittedAt: '2026-11-27T00:00:00.000Z',
  decidedAt: null,
  tick: 1,
  lease: null,
  restartOf: null,
  approvalOf: null,
  reasons: [{ code: 'POOL_FULL', actor: 'wait', advice: '' }],
}));

/** A page of a list as the server answers it; the cursor is a place in it. */
function pageOf(url: string, items: readonly unknown[]) {
  const { searchParams } = new URL(url);
  const from = Number(searchParams.get('after') ?? 0);
  const to = from + Number(searchParams.get('limit') ?? 50);
  return { json: { items: items.slice(from, to), next: to < items.length ? String(to) : null } };
}

export function hasLittleAndMuch(stage: Stage): void {
  it.skipIf(!CHROMIUM)('says of a department with nothing that it has nothing', async () => {
    const { page, errors, close } = await stage.looking(OPERATOR, '#/departments/legal');
    await page.getByText('It held nothing in the last seven days.', { exact: false }).waitFor();
    await page.getByText('It asked for nothing in the last 30 days.').waitFor();
    await page.getByText('nothing is spent').first().waitFor();
    const none = { items: [], next: null };
    for (const list of ['quotas', 'agents', 'accounts'])
      await page.route(`**/v1/${list}?*`, (route) => route.fulfill({ json: none }));
    await page.reload();
    await page.getByText('It has no quota: it is not limited in any kind.').waitFor();
    await page.getByText('No account pays for anything you may see.').waitFor();
    await page.getByText('No agent acts for it.').waitFor();
    await page.getByRole('link', { name: 'What waits of it, and why' }).focus();
    await page.keyboard.press('Enter');
    await page.getByText('No request fits the filter.', { exact: false }).waitFor();
    expect(errors).toEqual([]);
    await close();
  });

  it.skipIf(!CHROMIUM)('shows 2,000 agents, and 10,000 requests that wait', async () => {
    const { page, errors, close } = await stage.looking(OPERATOR, '#/departments');
    await page.route('**/v1/agents?*', (route) => route.fulfill(pageOf(route.request().url(), AGENTS)));
    await page.route('**/v1/requests?*', (route) => route.fulfill(pageOf(route.request().url(), WAITING)));
    await page.evaluate("location.hash = '#/departments/research'");
    const agents = page.getByRole('region', { name: 'Table: Agents' });
    const all = agents.getByRole('button', { name: 'Show all 2,000' });
    await all.focus();
    await page.keyboard.press('Enter');
    await agents.getByRole('row', { name: /^agent-1999/ }).waitFor();
    expect(await agents.getByRole('row').count()).toBe(2001);
    await page.keyboard.press('g');
    await page.keyboard.press('r');
    await page.getByText('10,000 of 10,000 requests', { exact: false }).waitFor();
    const grid = page.getByRole('grid', { name: 'Requests' });
    await grid.focus();
    await page.keyboard.press('End');
    await grid.getByRole('row', { selected: true }).getByText('evaluation 9999').waitFor();
    // Only what is in sight is drawn.
    expect(await grid.getByRole('row').count()).toBeLessThan(60);
    await page.keyboard.press('/');
    await page.keyboard.type('evaluation 7777');
    await page.getByText('1 of 10,000 requests', { exact: false }).waitFor();
    expect(errors).toEqual([]);
    await close();
  });
}

export function hasBadDays(stage: Stage): void {
  it.skipIf(!CHROMIUM)('works below a path of a proxy, also a slow one', async () => {
    const proxy = await openProxy(stage.rig.url);
    const { page, foreign, errors, close } = await openPage(stage.browser, `${proxy.url}#/`, {
      trusted: stage.rig.provider.issuer,
    });
    await page.getByRole('button', { name: /^Sign in at 127/ }).focus();
    await page.keyboard.press('Enter');
    await page.getByText('● live').waitFor();
    expect(page.url()).toBe(`${proxy.url}#/`);
    proxy.slowMs = 5000;
    await page.keyboard.press('g');
    await page.keyboard.press('v');
    await page.getByText('Still reading', { exact: false }).waitFor();
    proxy.slowMs = 0;
    await page.getByText('Nothing waits for a ruling', { exact: false }).waitFor();
    expect({ strayed: proxy.strayed, foreign, errors }).toEqual({ strayed: [], foreign: [], errors: [] });
    expect(stage.rig.provider.broken).toEqual([]);
    await close();
    await proxy.close();
  });

  it.skipIf(!CHROMIUM)('says when a token has ended, and goes on where it was with the next', async () => {
    const look = await openPage(stage.browser, `${stage.rig.url}#/requests?q=nightly`);
    const { page } = look;
    await signIn(page, await stage.rig.token(OPERATOR, 4));
    await page.getByRole('heading', { name: 'Requests' }).waitFor();
    await page.getByText('Your token has ended', { exact: false }).waitFor({ timeout: 60_000 });
    expect(await page.locator('main').textContent()).not.toContain('evaluation');
    await signIn(page, await stage.rig.token(OPERATOR));
    await page.getByRole('heading', { name: 'Requests' }).waitFor();
    expect(page.url()).toContain('q=nightly');
    await look.close();
  });

  it.skipIf(!CHROMIUM)('says that it is stale while the server is away, and goes on by itself', async () => {
    const { page, close } = await stage.looking(OPERATOR, '#/requests');
    await page.getByText('● live').waitFor();
    await page.getByRole('row', { selected: true }).waitFor();
    const late = await openPage(stage.browser, `${stage.rig.url}#/requests`);
    await stage.rig.stop();
    await page.getByText('What stands here may be old.').waitFor();
    // Who signs in meanwhile is let in when it is back.
    await late.page.getByLabel('Access token').fill(await stage.rig.token(OPERATOR));
    await late.page.keyboard.press('Enter');
    await late.page.getByText('You stay signed in', { exact: false }).waitFor();
    // What was read stays.
    expect(await page.getByRole('gridcell').count()).toBeGreaterThan(4);
    await stage.rig.restart();
    await page.getByText('● live').waitFor({ timeout: 30_000 });
    await late.page.getByRole('heading', { name: 'Requests' }).waitFor({ timeout: 20_000 });
    await late.close();
    const client = await stage.rig.client(WAITER);
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
}
