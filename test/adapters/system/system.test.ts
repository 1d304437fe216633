// What the machine gives: ids that sort, digests, a watch on the event loop, logs without secrets.

import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { startStopwatch } from '../../../adapters/system/clock.ts';
import { sha256 } from '../../../adapters/system/digest.ts';
import { watchEventLoop } from '../../../adapters/system/eventLoop.ts';
import { createEdgeSystem, createIdSource } from '../../../adapters/system/ids.ts';
import { createLogger } from '../../../adapters/system/logger.ts';
import { newSecret, sameSecret } from '../../../adapters/system/secret.ts';
import { REQUEST_ID } from '../../../scheduler/index.ts';

describe('ids', () => {
  it('have the form that the domain asks for, each kind its own', () => {
    const system = createEdgeSystem();
    expect(system.newRequestId()).toMatch(REQUEST_ID);
    expect(system.newExtensionId()).toMatch(/^ext_[0-9a-hjkmnp-tv-z]{26}$/);
    expect(system.newCallId()).toMatch(/^call_[0-9a-hjkmnp-tv-z]{26}$/);
  });

  it('begin with the time and end with the chance that they were made of', () => {
    const next = createIdSource({ now: () => 1, chance: (bytes) => new Uint8Array(bytes).fill(255) });
    // 1 ms is the 81st bit; ten bytes of ones are sixteen characters of z.
    expect(next()).toBe(`${'0'.repeat(9)}1${'z'.repeat(16)}`);
    expect(next()).toBe(`${'0'.repeat(9)}2${'0'.repeat(16)}`);
  });

  it('rise and never repeat, whatever the clock and the chance do', () => {
    const step = fc.record({ ms: fc.integer({ min: -5, max: 5 }), byte: fc.constantFrom(0, 1, 128, 255) });
    fc.assert(
      fc.property(fc.array(step, { minLength: 2, maxLength: 50 }), (steps) => {
        let ms = 1_795_424_400_000;
        let byte = 0;
        const next = createIdSource({ now: () => ms, chance: (bytes) => new Uint8Array(bytes).fill(byte) });
        const ids = steps.map((each) => {
          ms += each.ms;
          byte = each.byte;
          return next();
        });
        expect(ids).toEqual([...new Set(ids)].sort());
      }),
    );
  });
});

describe('the digest', () => {
  it('is SHA-256 of the parts together', () => {
    const want = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
    expect([sha256(['abc']), sha256(['a', new Uint8Array([0x62]), 'c'])]).toEqual([want, want]);
  });
});

describe('the stopwatch', () => {
  it('never runs backwards', () => {
    const watch = startStopwatch();
    const first = watch.elapsedMs();
    expect(first).toBeGreaterThanOrEqual(0);
    expect(watch.elapsedMs()).toBeGreaterThanOrEqual(first);
  });
});

describe('the watch on the event loop', () => {
  it('notices a loop that stood still', async () => {
    const watch = watchEventLoop();
    expect(watch.lagMs()).toBe(0);
    await vi.waitFor(
      () => {
        // Stands still for most of each sample, so that its mean is far above an idle loop's.
        const until = performance.now() + 300;
        while (performance.now() < until);
        expect(watch.lagMs()).toBeGreaterThan(20);
      },
      { timeout: 20_000, interval: 1 },
    );
    watch.close();
  });
});

describe('the logger', () => {
  it('leaves out what could be a secret, at every depth that a line has', () => {
    const lines: string[] = [];
    const log = createLogger({
      level: 'info',
      role: 'single',
      destination: { write: (line: string) => void lines.push(line) },
    });
    log.info(
      {
        token: 'hunter2',
        req: { headers: { authorization: 'Bearer hunter2' } },
        database: { password: 'hunter2' },
      },
      'started',
    );
    log.debug('not at this level');
    expect(lines).toHaveLength(1);
    expect(lines[0]).not.toContain('hunter2');
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      'log.level': 'info',
      'service.name': 'annona',
      'service.node.role': 'single',
      message: 'started',
      token: '[left out]',
    });
  });
});

describe('secrets between processes', () => {
  it('are long, never the same, and told from others of any length', () => {
    const secret = newSecret();
    expect(secret).toMatch(/^[\w-]{43}$/);
    expect(newSecret()).not.toBe(secret);
    expect(sameSecret(secret, secret)).toBe(true);
    expect(
      ['', secret.slice(1), `${secret}x`, newSecret()].map((shown) => sameSecret(shown, secret)),
    ).toEqual([false, false, false, false]);
  });
});
