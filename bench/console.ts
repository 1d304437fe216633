// `npm run bench:console`: what the console costs a browser: the filter at 10,000 rows, the first usable page, and memory over live ticks.
// Invariant: the built page in Chromium against a server of this process that answers as the API does; figures are medians of 5 where
// they can be repeated. Prints one JSON document.
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { cpus, loadavg } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Browser, chromium, type Page } from 'playwright-core';
import { buildConsole } from '../api/cli/buildConsole.ts';
import { PERMISSIONS } from '../api/http/permissions.ts';

const ROWS = 10_000;
const RUNS = 5;
const TICKS_A_SECOND = 100;
const LIVE_SECONDS = Number(process.argv[2] ?? 60);
const BUILT = join(import.meta.dirname, '../api/console/dist');
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--js-flags=--expose-gc'];
const TYPES: Readonly<Record<string, string>> = { css: 'text/css', js: 'text/javascript' };
const AT = '2026-11-27T00:00:00.000Z';

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
const rounded = (value: number): number => Math.round(value * 10) / 10;

function requestOf(index: number) {
  const state = ['waiting', 'granted', 'denied'][index % 3] ?? 'waiting';
  return {
    id: `req_${String(index).padStart(26, '0')}`,
    clientRequestId: `client-${index}`,
    department: `department-${index % 20}`,
    agent: `agent-${index % 2000}`,
    state,
    options: [
      {
        claims: [
          { kind: 'gpu', quantity: (index % 8) + 1 },
          { kind: 'cpu', quantity: 8 },
        ],
      },
    ],
    terms: {
      class: 'standard',
      durationSeconds: 600,
      purpose: 'a bench',
      summary: `evaluation ${index} of model ${index % 97}`,
    },
    submittedAt: AT,
    decidedAt: AT,
    tick: index,
    lease: null,
    restartOf: null,
    approvalOf: null,
    reasons:
      state === 'granted'
        ? []
        : [{ code: 'POOL_FULL', actor: 'wait', advice: 'Units return when leases end.' }],
    reservation: null,
    estimate: null,
  };
}

function tickOf(tick: number) {
  const counts = {
    pending: tick % 50,
    granted: tick % 7,
    waiting: tick % 3,
    denied: 0,
    columns: 9,
    rows: 5,
    released: 2,
  };
  const stage = {
    stage: 0,
    class: 'standard',
    method: 'lp',
    value: 100,
    bound: 100,
    gap: 0,
    frozenDigest: '',
  };
  return {
    cell: 'main',
    tick,
    epoch: 1,
    now: new Date(Date.parse(AT) + tick * 10).toISOString(),
    policyRevision: 'a'.repeat(64),
    configurationRevision: 'cfg',
    replayable: true,
    termination: 'complete',
    stages: [{ ...stage, multipliers: [['capacity/h100', (tick % 9) * 1_048_576]] }],
    counts,
    timings: { foldMs: 1, solveMs: tick % 11 },
    digest: 'b'.repeat(64),
    previousDigest: 'c'.repeat(64),
  };
}

const me = {
  subject: 'bench',
  role: 'operator',
  department: 'department-1',
  agent: null,
  expiresAt: '2099-01-01T00:00:00.000Z',
  now: AT,
  organisation: 'bench',
  cell: 'main',
  classes: ['standard'],
  may: PERMISSIONS.operator,
};

/** The newest tick, which the live feed moves on. */
let newest = 300;

function answerOf(url: URL): unknown {
  const limit = Number(url.searchParams.get('limit') ?? 50);
  const from = Number(url.searchParams.get('after') ?? 0);
  switch (url.pathname) {
    case '/v1/me':
      return me;
    case '/v1/requests':
      return {
        items: Array.from({ length: Math.min(limit, ROWS - from) }, (_, index) => requestOf(from + index)),
        next: from + limit < ROWS ? String(from + limit) : null,
      };
    case '/v1/ticks':
      return { items: Array.from({ length: limit }, (_, index) => tickOf(newest - index)), next: null };
    case '/v1/queue/reasons':
      return { waiting: 0, items: [] };
    case '/readyz':
      return { status: 'ok', failing: [] };
    default:
      return { items: [], next: null };
  }
}

function stream(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write('retry: 2000\nid: p0\n\n');
  const timer = setInterval(() => {
    newest += 1;
    const { id, agent, department } = requestOf(newest % ROWS);
    const event = {
      id: `evt_${newest}`,
      tick: newest,
      epoch: 1,
      type: 'annona.request.granted.v1',
      at: AT,
      department,
      agent,
      request: id,
      lease: null,
      policyRevision: 'a',
      data: {},
    };
    response.write(`id: p${newest}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
  }, 1000 / TICKS_A_SECOND);
  response.on('close', () => clearInterval(timer));
}

async function serve() {
  const server = createServer((call, response) => {
    const url = new URL(call.url ?? '/', 'http://bench');
    if (url.pathname === '/v1/events') return stream(response);
    const file = url.pathname === '/' ? 'index.html' : url.pathname.slice(1);
    const isFile = url.pathname === '/' || url.pathname.startsWith('/console/');
    const path = join(BUILT, file);
    if (isFile && existsSync(path)) {
      const type = TYPES[file.split('.').at(-1) ?? ''] ?? 'text/html';
      return void response.writeHead(200, { 'content-type': type }).end(readFileSync(path));
    }
    const one = /^\/v1\/requests\/req_(\d+)$/.exec(url.pathname);
    const body = one === null ? answerOf(url) : requestOf(Number(one[1]));
    return void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: () => server.closeAllConnections(),
  };
}

async function open(browser: Browser, url: string, path: string, first = ''): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  // As after a reload of the tab: signed in already.
  await page.addInitScript(`sessionStorage.setItem('annona.token', 'bench'); ${first}`);
  await page.goto(`${url}${path}`);
  return page;
}

/** From a key into the filter to the frame that shows what it leaves. */
const FILTER = `(words) => new Promise((done) => {
  const input = document.querySelector('[data-filter]');
  const begun = performance.now();
  input.value = words;
  input.dispatchEvent(new Event('input', { bubbles: true }));
  requestAnimationFrame(() => setTimeout(() => done(performance.now() - begun), 0));
})`;

async function filterMs(browser: Browser, url: string): Promise<number[]> {
  const page = await open(browser, url, '#/requests');
  await page.getByText('10,000 of 10,000 requests').waitFor({ timeout: 60_000 });
  await page.waitForFunction("!document.querySelector('.count').textContent.includes('reading')");
  const found: number[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    found.push(await page.evaluate<number>(`(${FILTER})('evaluation model ${run + 10}')`));
    await page.evaluate(`(${FILTER})('')`);
  }
  await page.context().close();
  return found;
}

/** In the page: when the frame was drawn that has the figures of the newest tick; whoever asks from outside asks later. */
const WATCH = `(() => {
  const look = () => {
    if (document.querySelector('.figure .value a') === null) requestAnimationFrame(look);
    else setTimeout(() => { window.usableAt = performance.now(); }, 0);
  };
  requestAnimationFrame(look);
})()`;

/** When the answers came that it waits for, one after the other. */
const STEPS = `['.js', '/v1/me', '/v1/ticks'].map((name) =>
  performance.getEntriesByType('resource').find((entry) => entry.name.split('?')[0].endsWith(name)).responseEnd)`;

interface Usable {
  readonly usable: number;
  /** Script, who one is, ticks. */
  readonly steps: readonly number[];
}

async function usableMs(browser: Browser, url: string): Promise<Usable[]> {
  const found: Usable[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    const page = await open(browser, url, '#/', WATCH);
    await page.waitForFunction('window.usableAt !== undefined');
    const usable = await page.evaluate<number>('window.usableAt');
    found.push({ usable, steps: await page.evaluate<number[]>(STEPS) });
    await page.context().close();
  }
  return found;
}

/** Bytes of the heap after collections, once every few seconds, against the ticks that came meanwhile. */
async function memory(browser: Browser, url: string) {
  const page = await open(browser, url, '#/');
  await page.getByText('● live').waitFor();
  const points: { ticks: number; bytes: number }[] = [];
  const every = Math.max(2, LIVE_SECONDS / 15);
  // The first third fills what is bounded: histories, seen ids, compiled code.
  await sleep((LIVE_SECONDS * 1000) / 3);
  for (let seconds = LIVE_SECONDS / 3; seconds < LIVE_SECONDS; seconds += every) {
    await sleep(every * 1000);
    const bytes = await page.evaluate<number>('gc(), gc(), performance.memory.usedJSHeapSize');
    points.push({ ticks: newest, bytes });
  }
  await page.context().close();
  return {
    ticks: (points.at(-1)?.ticks ?? 0) - (points[0]?.ticks ?? 0),
    bytes: median(points.map(({ bytes }) => bytes)),
    slope: slopeOf(points),
  };
}

/** Least squares, in bytes a tick. */
function slopeOf(points: readonly { ticks: number; bytes: number }[]): number {
  const mean = (of: (point: { ticks: number; bytes: number }) => number) =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const [x, y] = [mean(({ ticks }) => ticks), mean(({ bytes }) => bytes)];
  const over = points.reduce((sum, point) => sum + (point.ticks - x) * (point.bytes - y), 0);
  return over / points.reduce((sum, point) => sum + (point.ticks - x) ** 2, 0);
}

/** In PATH, or where `npm run services` unpacks it. */
function findChromium(): string | undefined {
  const unpacked = join(import.meta.dirname, '../.annona/services/chromium/usr/bin');
  const folders = [...(process.env.PATH ?? '').split(delimiter), unpacked];
  return folders.map((folder) => join(folder, 'chromium')).find(existsSync);
}

async function main(): Promise<void> {
  await buildConsole();
  const executablePath = findChromium();
  if (executablePath === undefined)
    throw new Error('no chromium in PATH or .annona/services: npm run services');
  const browser = await chromium.launch({
    executablePath,
    headless: true,
    args: [...FLAGS, '--enable-precise-memory-info'],
  });
  const server = await serve();
  const filter = await filterMs(browser, server.url);
  const usable = await usableMs(browser, server.url);
  const { ticks, bytes, slope } = await memory(browser, server.url);
  await browser.close();
  server.close();
  const figures = {
    bench: 'console',
    cores: cpus().length,
    loadAverage: rounded(loadavg()[0] ?? 0),
    runs: RUNS,
    filter: { rows: ROWS, medianMs: rounded(median(filter)), worstMs: rounded(Math.max(...filter)) },
    usable: {
      medianMs: rounded(median(usable.map(({ usable: ms }) => ms))),
      worstMs: rounded(Math.max(...usable.map(({ usable: ms }) => ms))),
      // Medians of when the script, who one is, and the ticks had come.
      answeredMs: ['script', 'me', 'ticks'].map((name, at) => [
        name,
        rounded(median(usable.map(({ steps }) => steps[at] ?? 0))),
      ]),
    },
    live: { seconds: LIVE_SECONDS, ticks, heapBytes: bytes, bytesPer10000Ticks: Math.round(slope * 10_000) },
  };
  console.log(JSON.stringify(figures, null, 2));
  process.exit(0);
}

await main();
