// `npm run console:screenshots`: a picture of every page, of a real server with the sample organisation at work, into docs/console/.
// Invariant: each below 200 kB; loopback and a folder of its own, gone at the end. Run by hand, and looked at before they are committed.
import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { now } from '../../../adapters/system/clock.ts';
import { runSampleAgents } from '../../../api/roles/sampleAgents.ts';
import { openBrowser, openPage, signIn } from './browser.ts';
import { AUTHOR, fill, openRig, pushReviewed, REVIEWER, type Rig, WAITER } from './rig.ts';

const INTO = join(import.meta.dirname, '../../../docs/console');
const BYTES_MAX = 200_000;
const SAMPLE_MS = 12_000;
const DRAWN_MS = 2500;

interface Picture {
  readonly name: string;
  readonly path: string;
  readonly as: Parameters<Rig['token']>[0];
  readonly colours?: 'dark';
  readonly height?: number;
}

const PICTURES: readonly Picture[] = [
  { name: 'sign-in', path: '#/', as: AUTHOR, height: 480 },
  { name: 'now', path: '#/', as: AUTHOR, height: 960 },
  { name: 'now-dark', path: '#/', as: AUTHOR, colours: 'dark', height: 960 },
  { name: 'requests', path: '#/requests', as: AUTHOR },
  { name: 'request', path: '#/requests/ID', as: WAITER, height: 980 },
  { name: 'ticks', path: '#/ticks', as: AUTHOR },
  { name: 'tick', path: '#/ticks/TICK', as: AUTHOR, height: 960 },
  { name: 'departments', path: '#/departments', as: AUTHOR, height: 600 },
  { name: 'department', path: '#/departments/research', as: AUTHOR, height: 860 },
  { name: 'budget', path: '#/departments/research', as: AUTHOR, height: 860 },
  { name: 'reviews', path: '#/reviews', as: REVIEWER, height: 600 },
  { name: 'policies', path: '#/policies', as: AUTHOR, height: 960 },
  { name: 'policies-dark', path: '#/policies', as: AUTHOR, colours: 'dark', height: 960 },
];

async function main(): Promise<void> {
  mkdirSync(INTO, { recursive: true });
  const rig = await openRig();
  const browser = await openBrowser();
  try {
    const ids = await prepare(rig);
    for (const picture of PICTURES) {
      const look = await openPage(browser, `${rig.url}${addressOf(picture, ids)}`, {
        colours: picture.colours ?? 'light',
        height: picture.height ?? 760,
        width: 1120,
      });
      if (picture.name !== 'sign-in') await signIn(look.page, await rig.token(picture.as));
      await look.page.locator('main h1').first().waitFor();
      await act(look.page, picture.name);
      await sleep(DRAWN_MS);
      const path = join(INTO, `${picture.name}.png`);
      await look.page.screenshot({ path });
      await look.close();
      const { size } = statSync(path);
      console.log(`${picture.name}.png: ${size} bytes`);
      if (size > BYTES_MAX) throw new Error(`${picture.name}.png is above ${BYTES_MAX} bytes`);
    }
  } finally {
    await browser.close();
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

/** Sample agents at work, one pool full, a policy that asks for reviews, and one review that waits. */
async function prepare(rig: Rig): Promise<Ids> {
  // First, while the pool is empty: sample agents want it too.
  const waiting = await fill(rig);
  await runSampleAgents({
    configuration: rig.configuration,
    baseUrl: rig.url,
    count: 40,
    seed: 20_261_127,
    tokenFor: ({ id, department }) => rig.token({ role: 'agent', department, agent: id }),
    sleep: (ms, signal) => sleep(ms, undefined, { signal }).catch(() => undefined),
    run: `pictures-${now()}`,
    signal: AbortSignal.timeout(SAMPLE_MS),
    note: (line) => console.error(line),
  });
  const author = await rig.client(AUTHOR);
  const revision = await pushReviewed(rig);
  await author.post(`/v1/policies/${revision}/activate`, null);
  const client = await rig.client(WAITER);
  const { items } = await author.get('/v1/ticks', { limit: 50 });
  const ticks = items as readonly { tick: number; counts: { granted: number }; stages: unknown[] }[];
  const tick = ticks.find(({ stages }) => stages.length > 0)?.tick ?? 1;
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
  await sleep(DRAWN_MS);
  return { waiting, tick: String(tick) };
}

/** What a person does before there is something to see. */
async function act(page: import('playwright-core').Page, name: string): Promise<void> {
  if (name === 'tick') {
    await page.getByRole('button', { name: 'Verify in this browser' }).click();
    await page.locator('.verified').waitFor({ timeout: 30_000 });
  }
  if (name === 'budget') {
    await page.getByRole('button', { name: 'Edit the budget of research', exact: true }).click();
    await page.getByLabel(/^budget/).fill('4000');
    await page.getByText('Spent and set aside', { exact: false }).waitFor();
  }
  if (name.startsWith('policies')) {
    await page.getByRole('button', { name: 'Open the policies that ship' }).click();
    await page.getByText('✓ compiles').waitFor({ timeout: 90_000 });
    await page.getByRole('heading', { name: 'Workbench' }).scrollIntoViewIfNeeded();
  }
}

await main();
