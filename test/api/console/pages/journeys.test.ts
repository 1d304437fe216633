// The journeys of the console in a browser, against a whole server of the sample organisation, by the keyboard alone.
// One server for all of them, in order: what a journey changes, a later one may meet. The bad days come last: the server goes away.
import { expect, it } from 'vitest';
import { CHROMIUM, openPage } from '../browser.ts';
import { AUTHOR, HOSTILE, OPERATOR, PAYROLL, REVIEWER, solvedTick, WAITER } from '../rig.ts';
import { hasBadDays, hasLittleAndMuch } from './badDays.ts';
import { answersFiveQuestions } from './fiveQuestions.ts';
import { holdsAnOffer } from './holding.ts';
import { openStage } from './stage.ts';

const stage = openStage();
const { looking } = stage;

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
  expect(page.url()).toContain(stage.waiting);
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

answersFiveQuestions(stage);
holdsAnOffer(stage);

it.skipIf(!CHROMIUM)('takes an offer, with a reason that is kept', async () => {
  const { page, close } = await looking(WAITER, `#/requests/${stage.waiting}`);
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
  await expect.poll(() => page.url()).not.toContain(stage.waiting);
  await page.getByRole('heading', { name: /granted|queued/ }).waitFor();
  const client = await stage.rig.client(WAITER);
  expect((await client.request(stage.waiting)).reasons[0]?.code).toBe('REPLACED');
  await close();
});

it.skipIf(!CHROMIUM)('verifies a tick with the checker of the command line', async () => {
  const { page, errors, close } = await looking(OPERATOR, `#/ticks/${await solvedTick(stage.rig)}`);
  const verify = page.getByRole('button', { name: 'Verify in this browser' });
  await verify.waitFor();
  await verify.focus();
  await page.keyboard.press('Enter');
  await page.getByText('Verified: every check holds.').waitFor();
  expect(await page.locator('.verified').textContent()).toMatch(/record.*snapshot.*model.*plan.*rows/s);
  expect(errors).toEqual([]);
  // As if the server had gone on for long.
  await page.route('**/v1/ticks/*/file', (route) =>
    route.fulfill({
      status: 404,
      contentType: 'application/problem+json',
      json: { code: 'NOT_FOUND', title: 'Not found', status: 404 },
    }),
  );
  await verify.click();
  await page.getByText('this one is older', { exact: false }).waitFor();
  await page.getByRole('button', { name: 'Copy the command' }).waitFor();
  await close();
});

const QUOTA = '/v1/quotas/research/gpu';

it.skipIf(!CHROMIUM)('previews the edit of a quota, and lets nobody write over another unseen', async () => {
  const { page, close } = await looking(OPERATOR, '#/departments/research');
  const { edits } = await stage.rig.client(OPERATOR);
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
  // What was read, theirs and mine beside each other.
  expect(await dialog.getByRole('row', { name: /^nominal/ }).textContent()).toBe('nominal60059020');
  expect((await edits.read(QUOTA)).value.nominal).toBe(590);
  await page.keyboard.press('Enter');
  await dialog.waitFor({ state: 'detached' });
  expect((await edits.read(QUOTA)).value.nominal).toBe(20);
  const again = await edits.read(QUOTA);
  await edits.put(QUOTA, body, { base: again.etag });
  await close();
});

interface Sealed {
  readonly act: string;
  readonly object: string;
  readonly actor: string;
  readonly because: string | null;
}

/** The newest sealed entry of an act that somebody gave a reason for. */
async function sealedOf(act: string): Promise<Sealed | undefined> {
  const { items } = (await (await stage.rig.client(AUTHOR)).get('/v1/audit/seals', { limit: 100 })) as {
    items: { entries: Sealed[] }[];
  };
  const entries = items.flatMap(({ entries: sealed }) => sealed);
  return entries.findLast((entry) => entry.act === act && entry.because !== null);
}

const BUDGET = '/v1/accounts/research/periods';

it.skipIf(!CHROMIUM)(
  'edits a budget with its effect before it, and the reason is sealed in the audit',
  async () => {
    const { edits, get } = await stage.rig.client(AUTHOR);
    const { periods } = (await get('/v1/accounts/research')) as {
      periods: { id: string; current: boolean }[];
    };
    const path = `${BUDGET}/${periods.find(({ current }) => current)?.id}`;
    const before = Number((await edits.read(path)).value.budget);
    const { page, close } = await looking(OPERATOR, '#/departments/research');
    const edit = page.getByRole('button', { name: 'Edit the budget of research', exact: true });
    await edit.focus();
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog');
    const budget = dialog.getByLabel(/^budget/);
    await budget.fill('0');
    await dialog.getByText('more than it would allow', { exact: false }).waitFor();
    await budget.fill(String(before + 1));
    await dialog.getByText('Spent and set aside', { exact: false }).waitFor();
    const why = 'a grant of the Länder; "<b>"';
    await dialog.getByLabel(/Why/).fill(why);
    await dialog.getByRole('button', { name: 'Change the budget' }).focus();
    await page.keyboard.press('Enter');
    await dialog.waitFor({ state: 'detached' });
    expect((await edits.read(path)).value.budget).toBe(before + 1);
    await expect
      .poll(() => sealedOf('edit'), { timeout: 15_000 })
      .toMatchObject({
        because: why,
        actor: 'operator@operations',
        object: expect.stringMatching(/^budget\/research\//),
      });
    await close();
  },
);

it.skipIf(!CHROMIUM)('takes a request through its review to the grant', async () => {
  const asked = await (await stage.rig.client(PAYROLL)).submit({
    clientRequestId: 'reviewed-1',
    options: [{ claims: [{ kind: 'cpu', quantity: 2 }] }],
    terms: {
      ...{ class: 'standard', durationSeconds: 60, classification: 'restricted' },
      ...{ purpose: 'payroll: run of November', summary: HOSTILE },
    },
  });
  const mine = await looking(PAYROLL, `#/requests/${asked.id}`);
  await mine.page.getByText('AWAITING_APPROVAL').first().waitFor();
  const { page, errors, close } = await looking(REVIEWER, '#/reviews');
  const approve = page.getByRole('button', { name: 'Approve' });
  await approve.waitFor({ timeout: 20_000 });
  expect(await page.locator('.summary').textContent()).toBe(HOSTILE);
  await approve.focus();
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').waitFor();
  await page.keyboard.type('lawful basis: contract');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.getByText('Nothing waits for a ruling', { exact: false }).waitFor();
  // Whoever asked sees it come, without a reload.
  await mine.page.getByRole('heading', { name: /granted/ }).waitFor({ timeout: 20_000 });
  expect(errors).toEqual([]);
  await mine.close();
  await close();
  await expect
    .poll(() => sealedOf('rule'), { timeout: 15_000 })
    .toMatchObject({ because: 'lawful basis: contract' });
});

const figures = (wait: number) => ({
  waitMeanSeconds: { mean: wait, plusMinus: 1 },
  utilisation: { mean: 0.5 },
});
const resultOf = (scheduler: string, wait: number) => ({
  schedulers: [{ scheduler, runs: 3, figures: figures(wait) }],
});

it.skipIf(!CHROMIUM)('asks for a simulation, and lays results side by side', async () => {
  const { page, errors, close } = await looking(OPERATOR, '#/simulations');
  await page.getByRole('button', { name: 'New simulation' }).focus();
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('How many').fill('none');
  await dialog.getByText('Requests are a whole number', { exact: false }).waitFor();
  expect(await dialog.getByRole('button', { name: 'Start it' }).isDisabled()).toBe(true);
  await dialog.getByLabel('How many').fill('7');
  await page.keyboard.press('Enter');
  await dialog.waitFor({ state: 'detached' });
  await page.getByRole('cell', { name: /^7 generated requests under fcfs, annona, 3 seeds/ }).waitFor();
  const client = await stage.rig.client(OPERATOR);
  const simulations = async (): Promise<{ items: { state: string }[] }> =>
    (await client.get('/v1/jobs', { kind: 'simulation' })) as { items: { state: string }[] };
  await expect
    .poll(async () => (await simulations()).items.map(({ state }) => state), { timeout: 90_000 })
    .toEqual(['succeeded']);
  const { items } = await simulations();
  // Two that have succeeded, as the server answers them.
  const done = ['job_a', 'job_b'].map((id) => {
    const result = {
      href: `/v1/jobs/${id}/result`,
      fileName: `${id}.json`,
      contentType: 'application/json',
      bytes: 9,
    };
    return { ...items[0], id, state: 'succeeded', error: null, progress: { done: 6, total: 6 }, result };
  });
  await page.route('**/v1/jobs?*', (route) => route.fulfill({ json: { items: done, next: null } }));
  await page.route('**/v1/jobs/job_a/result', (route) => route.fulfill({ json: resultOf('fcfs', 200) }));
  await page.route('**/v1/jobs/job_b/result', (route) => route.fulfill({ json: resultOf('annona', 100) }));
  for (const id of ['job_a', 'job_b']) {
    await page.getByLabel(`Compare ${id}`).focus();
    await page.keyboard.press('Space');
  }
  const row = page.getByRole('row', { name: /^mean wait/ });
  await row.getByText('-50.0 % better').waitFor();
  expect(page.url()).toContain('compare=job_a%2Cjob_b');
  expect(errors).toEqual([]);
  await close();
});

it.skipIf(!CHROMIUM)(
  'signs in at the identity provider, and says what was wrong with its answer',
  async () => {
    const { provider } = stage.rig;
    const look = await openPage(stage.browser, `${stage.rig.url}#/requests?q=nightly`, {
      trusted: provider.issuer,
    });
    const { page } = look;
    const button = page.getByRole('button', { name: /^Sign in at 127/ });
    const wrong = {
      otherIssuer: 'calls itself',
      otherState: 'This tab did not ask',
      denies: '<b>not</b> this person',
      noToken: 'without an access token',
    } as const;
    for (const [fault, said] of Object.entries(wrong)) {
      provider.fault = fault as keyof typeof wrong;
      await button.focus();
      await page.keyboard.press('Enter');
      await page.getByText(said, { exact: false }).waitFor();
      expect(page.url()).toBe(`${stage.rig.url}#/requests?q=nightly`);
    }
    provider.fault = 'none';
    await button.focus();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Requests' }).waitFor();
    // Nothing of it stays in the address, and the page is where it was.
    expect(page.url()).toBe(`${stage.rig.url}#/requests?q=nightly`);
    expect({ broken: provider.broken, foreign: look.foreign, errors: look.errors }).toEqual({
      broken: [],
      foreign: [],
      errors: [],
    });
    // An answer that nobody asked for, as a link in a mail would bring it.
    await page.goto(`${stage.rig.url}?code=code-9&state=${'0'.repeat(32)}#/requests`);
    await page.getByText('This tab did not ask', { exact: false }).waitFor();
    await look.close();
  },
);

hasLittleAndMuch(stage);
hasBadDays(stage);
