// `npm run report:screenshots`: the page of examples/studies/two-pools.yaml as it looks, light and dark, wide and narrow and on paper, into
// docs/reports/. Invariant: each picture below 200 kB; a folder of its own for the page, gone at the end. Run by hand, and looked at.
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { run } from '../../../api/cli/main.ts';
import { openBrowser } from '../../api/console/browser.ts';

const ROOT = join(import.meta.dirname, '../../..');
const INTO = join(ROOT, 'docs/reports');
const SCENARIO = 'examples/studies/two-pools.yaml';
const BYTES_MAX = 200_000;

interface Picture {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly colours: 'light' | 'dark';
  /** Text of the heading that the picture begins at. */
  readonly from: string;
  readonly media?: 'print';
}

const PICTURES: readonly Picture[] = [
  { name: 'comparison', width: 1040, height: 1010, colours: 'light', from: 'Simulation of' },
  { name: 'shares-dark', width: 1040, height: 620, colours: 'dark', from: 'Fairness' },
  { name: 'budgets', width: 1040, height: 1000, colours: 'light', from: 'Money' },
  { name: 'leases-dark', width: 1040, height: 560, colours: 'dark', from: 'Leases' },
  { name: 'narrow', width: 400, height: 900, colours: 'light', from: 'Simulation of' },
  { name: 'paper', width: 720, height: 1000, colours: 'dark', from: 'Simulation of', media: 'print' },
];

const folder = mkdtempSync(join(tmpdir(), 'annona-report-'));
const page = join(folder, 'report.html');
process.chdir(ROOT);
const io = { out: console.log, err: console.error, progress: () => {} };
if ((await run(['simulate', SCENARIO, '--report', page], io)) !== 0) throw new Error('the simulation failed');
mkdirSync(INTO, { recursive: true });
const browser = await openBrowser();
try {
  for (const { name, width, height, colours, from, media } of PICTURES) {
    const context = await browser.newContext({ viewport: { width, height }, colorScheme: colours });
    const tab = await context.newPage();
    await tab.emulateMedia({ colorScheme: colours, media: media ?? 'screen' });
    await tab.goto(pathToFileURL(page).href);
    const overflow = await tab.evaluate('document.documentElement.scrollWidth - innerWidth');
    if (overflow !== 0) throw new Error(`${name}: the page is ${overflow} pixels wider than the window`);
    const box = await tab.locator('h1, h2', { hasText: from }).first().boundingBox();
    const y = Math.max(0, (box?.y ?? 0) - 16);
    const path = join(INTO, `${name}.png`);
    await tab.screenshot({ path, fullPage: true, clip: { x: 0, y, width, height } });
    await context.close();
    const { size } = statSync(path);
    console.log(`${name}.png: ${size} bytes`);
    if (size > BYTES_MAX) throw new Error(`${name}.png is above ${BYTES_MAX} bytes`);
  }
} finally {
  await browser.close();
  rmSync(folder, { recursive: true, force: true });
}
