// Debian's Chromium, driven by playwright-core, for the console's tests, screenshots and bench.
// Invariant: a new, empty profile each time, nothing in the background, and no address but loopback; closing it ends the process.
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { findBinary } from '../../support/services.ts';

const ROOT = join(import.meta.dirname, '../../..');
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost',
];

/** Undefined where there is no Chromium: tests then skip, by name. */
export const CHROMIUM = process.env.CHROMIUM_URL ?? findBinary('chromium', { root: ROOT, env: process.env });

export async function openBrowser(args: readonly string[] = []): Promise<Browser> {
  if (CHROMIUM === undefined) throw new Error('no chromium in PATH or .annona/services: npm run services');
  // One that runs already, by the address of its debugging port.
  if (process.env.CHROMIUM_URL !== undefined) return chromium.connectOverCDP(process.env.CHROMIUM_URL);
  return chromium.launch({ executablePath: CHROMIUM, headless: true, args: [...FLAGS, ...args] });
}

export interface Sight {
  readonly colours?: 'light' | 'dark';
  readonly width?: number;
  readonly height?: number;
  /** An address that it may ask as well: of the identity provider. */
  readonly trusted?: string;
}

/** A page of its own, with whatever it asked of elsewhere and whatever went wrong in it. */
export interface Looking {
  readonly page: Page;
  /** Addresses outside of the server that it asked for. */
  readonly foreign: readonly string[];
  readonly errors: readonly string[];
  close(): Promise<void>;
}

export async function openPage(
  browser: Browser,
  url: string,
  { colours = 'light', width = 1360, height = 900, trusted }: Sight = {},
): Promise<Looking> {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: colours });
  const page = await context.newPage();
  const { origin } = new URL(url);
  const foreign: string[] = [];
  const errors: string[] = [];
  page.on('request', (request) => {
    const asked = request.url();
    const isOurs = asked.startsWith(`${origin}/`) || /^(?:data|blob):/.test(asked);
    if (!isOurs && (trusted === undefined || !asked.startsWith(trusted))) foreign.push(asked);
  });
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('console', (message) => {
    // A refused call is for the page to tell; Chromium writes it down as well.
    if (message.type() === 'error' && !/^Failed to load resource/.test(message.text()))
      errors.push(message.text());
  });
  await page.goto(url);
  return { page, foreign, errors, close: () => context.close() };
}

/** By the keyboard, as a person does it. */
export async function signIn(page: Page, token: string): Promise<void> {
  await page.getByLabel('Access token').fill(token);
  await page.keyboard.press('Enter');
  await page.getByRole('navigation', { name: 'Pages' }).waitFor();
}
