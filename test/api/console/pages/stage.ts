// What the tests of pages share: one whole server of the sample organisation, one browser, and a page for whoever looks.
// Invariant: opened before the first test of a file and closed after its last; without a Chromium nothing is opened.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll } from 'vitest';
import { CHROMIUM, type Looking, openBrowser, openPage, type Sight, signIn } from '../browser.ts';
import { fill, openRig, type Rig } from '../rig.ts';

type Holder = Parameters<Rig['token']>[0];

export interface Stage {
  readonly rig: Rig;
  readonly browser: Browser;
  /** The request that waits, as `fill` left it. */
  readonly waiting: string;
  /** A page of its own, signed in. */
  looking(holder: Holder, path?: string, sight?: Sight): Promise<Looking>;
}

type Opened = Pick<Stage, 'rig' | 'browser' | 'waiting'>;

/** Its parts may be asked for within tests alone. */
export function openStage(): Stage {
  let opened: Opened | undefined;
  const part = <Name extends keyof Opened>(name: Name): Opened[Name] => {
    if (opened === undefined) throw new Error(`the stage is not open: nobody has a ${name} yet`);
    return opened[name];
  };
  beforeAll(async () => {
    if (CHROMIUM === undefined) return;
    const [rig, browser] = await Promise.all([openRig(), openBrowser()]);
    opened = { rig, browser, waiting: await fill(rig) };
  }, 120_000);
  afterAll(async () => {
    await opened?.browser.close();
    await opened?.rig.close();
  });
  return {
    get rig() {
      return part('rig');
    },
    get browser() {
      return part('browser');
    },
    get waiting() {
      return part('waiting');
    },
    async looking(holder, path = '', sight = {}) {
      const look = await openPage(part('browser'), `${part('rig').url}${path}`, sight);
      await signIn(look.page, await part('rig').token(holder));
      return look;
    },
  };
}
