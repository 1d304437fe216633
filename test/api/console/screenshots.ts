// `npm run console:screenshots`: a picture of every page, light and dark, of a real server with the sample organisation at work, into
// docs/console/. Names after it take those alone: `node test/api/console/screenshots.ts now request-dark`.
// Invariant: each below 200 kB; loopback and a folder of its own, gone at the end. Run by hand, and looked at before they are committed.
import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { now } from '../../../adapters/system/clock.ts';
import type { AnnonaClient } from '../../../api/client/index.ts';
import { runSampleAgents } from '../../../api/roles/sampleAgents.ts';
import { openBrowser, openPage, signIn } from './browser.ts';
import {
  AUTHOR,
  fill,
  HEAD,
  keepHeld,
  OPERATOR,
  openRig,
  pushReviewed,
  REVIEWER,
  type Rig,
  solvedTick,
  WAITER,
} from './rig.ts';

const INTO = join(import.meta.dirname, '../../../docs/console');
const BYTES_MAX = 200_000;
const SAMPLE_MS = 12_000;
const AGENTS = 20;
const SIMULATED_MS = 120_000;
/** Charts are drawn a frame after their data. */
const DRAWN_MS = 700;
const WIDTH = 1120;

interface Picture {
  readonly name: string;
  /** ID and TICK stand for the request that waits and a tick that solved something. */
  readonly path: string;
  readonly as: Parameters<Rig['token']>[0];
  readonly height?: number;
}

const PICTURES: readonly Picture[] = [
  { name: 'sign-in', path: '#/', as: AUTHOR, height: 480 },
  { name: 'now', path: '#/', as: HEAD, height: 1180 },
  { name: 'requests', path: '#/requests', as: AUTHOR },
  { name: 'request', path: '#/requests/ID', as: WAITER, height: 1060 },
  { name: 'ticks', path: '#/ticks', as: AUTHOR },
  { name: 'tick', path: '#/ticks/TICK', as: AUTHOR, height: 960 },
  { name: 'departments', path: '#/departments', as: AUTHOR, height: 560 },
  { name: 'department', path: '#/departments/research', as: HEAD, height: 1020 },
  { name: 'budget', path: '#/departments/research', as: AUTHOR, height: 860 },
  { name: 'reviews', path: '#/reviews', as: REVIEWER, height: 600 },
  { name: 'policies', path: '#/policies', as: AUTHOR, height: 960 },
  { name: 'simulations', path: '#/simulations', as: OPERATOR, height: 700 },
];

async function main(wanted: readonly string[]): Promise<void> {
  mkdirSync(INTO, { recursive: true });
  const rig = await openRig();
  const browser = await openBrowser();
  const ending = new AbortController();
  let working = Promise.resolve();
  try {
    // First, while the pool is empty: sample agents want it too.
    const waiting = await fill(rig);
    working = work(rig, ending.signal);
    await prepare(rig);
    for (const picture of PICTURES)
      for (const colours of ['light', 'dark'] as const) {
        const name = colours === 'dark' ? `${picture.name}-dark` : picture.name;
        if (wanted.length > 0 && !wanted.includes(name)) continue;
        await keepHeld(rig);
        const { height = 760 } = picture;
        // The server keeps files of its last ticks alone: each picture takes one of now.
        const tick = picture.name === 'tick' ? String(await solvedTick(rig)) : '';
        const url = `${rig.url}${addressOf(picture, { waiting, tick })}`;
        const look = await openPage(browser, url, { colours, height, width: WIDTH });
        if (picture.name !== 'sign-in') await signIn(look.page, await rig.token(picture.as));
        await look.page.locator('main h1').first().waitFor();
        await isRead(look.page);
        await act(look.page, picture.name);
        await isRead(look.page);
        await sleep(DRAWN_MS);
        const path = join(INTO, `${name}.png`);
        await look.page.screenshot({ path });
        await look.close();
        const { size } = statSync(path);
        console.log(`${name}.png: ${size} bytes`);
        if (size > BYTES_MAX) throw new Error(`${name}.png is above ${BYTES_MAX} bytes`);
      }
  } finally {
    ending.abort();
    await browser.close();
    await working;
    await rig.close();
  }
}

interface Ids {
  readonly waiting: string;
  readonly tick: string;
}

function addressOf({ path }: Picture, { waiting, tick }: Ids): string {
  return path.replace('ID', waiting).replace('TICK', tick);
}

/** Nothing is being read for the first time. */
async function isRead(page: Page): Promise<void> {
  await page.locator('.loading').first().waitFor({ state: 'detached' });
  await page.getByText('reading the rest', { exact: false }).waitFor({ state: 'detached' });
}

/** Sample agents, at it until the signal ends them. */
function work(rig: Rig, signal: AbortSignal): Promise<void> {
  return runSampleAgents({
    configuration: rig.configuration,
    baseUrl: rig.url,
    count: AGENTS,
    seed: 20_261_127,
    tokenFor: ({ id, department }) => rig.token({ role: 'agent', department, agent: id }),
    sleep: (ms, ended) => sleep(ms, undefined, { signal: ended }).catch(() => undefined),
    run: `pictures-${now()}`,
    signal,
    note: () => undefined,
  });
}

/** Some time of work, a policy that asks for reviews, one review that waits, a budget that ends. */
async function prepare(rig: Rig): Promise<void> {
  await sleep(SAMPLE_MS);
  const author = await rig.client(AUTHOR);
  const revision = await pushReviewed(rig);
  await author.post(`/v1/policies/${revision}/activate`, null);
  const client = await rig.client(WAITER);
  await client.submit({
    clientRequestId: 'reviewed-1',
    options: [{ claims: [{ kind: 'cpu', quantity: 16 }] }],
    terms: {
      class: 'standard',
      durationSeconds: 3600,
      classification: 'confidential',
      purpose: 'a study of outcomes by region',
      summary: 'Outcomes by region, for the quarterly report',
    },
  });
  await runShort(author);
}

/** Leaves the account a tenth more than is spent and set aside: at that pace it ends within days. */
async function runShort({ edits, get }: AnnonaClient): Promise<void> {
  const path = '/v1/accounts/research-training';
  const { periods } = (await get(path)) as { periods: Period[] };
  const period = periods.find(({ current }) => current);
  if (period === undefined) throw new Error('the account has no period now');
  const { value, etag } = await edits.read(`${path}/periods/${period.id}`);
  const budget = Math.ceil(1.1 * (period.spent + period.reserved)) + 1;
  await edits.put(`${path}/periods/${period.id}`, { budget, overcommit: value.overcommit }, { base: etag });
}

interface Period {
  readonly id: string;
  readonly current: boolean;
  readonly spent: number;
  readonly reserved: number;
}

/** What a person does before there is something to see. */
async function act(page: Page, name: string): Promise<void> {
  if (name === 'tick') {
    await page.getByRole('button', { name: 'Verify in this browser' }).click();
    await page.locator('.verified').waitFor({ timeout: 60_000 });
  }
  if (name === 'budget') {
    await page.getByRole('button', { name: 'Edit the budget of research', exact: true }).click();
    await page.getByLabel(/^budget/).fill('4000');
    await page.getByText('Spent and set aside', { exact: false }).waitFor();
  }
  if (name === 'policies') {
    await page.getByRole('button', { name: 'Open the policies that ship' }).click();
    await page.getByText('✓ compiles').waitFor({ timeout: 90_000 });
    await page.getByRole('heading', { name: 'Workbench' }).scrollIntoViewIfNeeded();
  }
  if (name === 'simulations') await simulate(page);
}

/** Asks for one where there is none yet, waits for its end and lays it out. */
async function simulate(page: Page): Promise<void> {
  const compare = page.getByLabel(/^Compare /).first();
  if ((await page.getByRole('row').count()) < 2) {
    await page.getByRole('button', { name: 'New simulation' }).click();
    await page.getByLabel('How many').fill('300');
    await page.getByRole('button', { name: 'Start it' }).click();
  }
  // It may be compared once it has ended.
  await compare.check({ timeout: SIMULATED_MS });
  await page.getByRole('row', { name: /^mean wait/ }).waitFor();
}

await main(process.argv.slice(2));
