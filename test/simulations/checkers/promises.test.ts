// The checker proved: it finds nothing in an honest history, and every planted breach by the name of its promise.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import type { StoreDump } from '../../../adapters/memory/store.ts';
import { Findings } from '../../../simulations/checkers/findings.ts';
import { checkPromises } from '../../../simulations/checkers/promises.ts';
import { writeHonestHistory } from '../../support/honestHistory.ts';
import { BREACHES, type MutableDump } from '../../support/promises/breaches.ts';
import { memoryStore } from '../../support/stores.ts';

describe('the checker of the promises', () => {
  let honest: StoreDump;
  let acknowledged: readonly string[];
  beforeAll(async () => {
    const store = await memoryStore();
    acknowledged = await writeHonestHistory(store);
    honest = await store.dump();
  });
  const streamedOf = (dump: StoreDump) =>
    dump.event.map((event) => ({ id: event.id, request: event.request_id, sequence: event.sequence }));

  it('finds nothing in an honest history, and that history has something of everything', () => {
    expect(checkPromises(honest, { acknowledged, streamed: streamedOf(honest) })).toEqual([]);
    for (const [table, rows] of Object.entries(honest))
      expect([table, rows.length > 0]).toEqual([table, true]);
    expect(new Set(honest.request.map((request) => request.state)).size).toBe(5);
  });

  it('finds nothing in a store that nobody used', async () => {
    expect(checkPromises(await (await memoryStore()).dump())).toEqual([]);
  });

  it('finds nothing in a wish that was revoked and then replaced: its request has a row of its own', () => {
    const dump = structuredClone(honest) as MutableDump;
    const row = dump.request.find(({ state }) => state === 'cancelled')!;
    const restart = { of: dump.request[0]!.id as never, revocations: 1, tick: 1 };
    row.document = { ...row.document, restart };
    expect(checkPromises(dump)).toEqual([]);
  });

  it.each(BREACHES)('finds that %s (%s)', (_, wantPromise, plant) => {
    const dump = structuredClone(honest) as MutableDump;
    plant(dump);
    const found = checkPromises(dump).map(({ promise }) => promise);
    expect(found).toContain(wantPromise);
  });

  it('has no check that none of these breaches fires', () => {
    const fired = new Set<string>();
    const hold = vi.spyOn(Findings.prototype, 'hold').mockImplementation((claim) => {
      // The frame below `hold` that stands in the folder of the checks: where the check is written.
      const line = /checkers\/(?!findings)(\w+\.ts:\d+)/.exec(new Error().stack ?? '');
      if (!claim) fired.add(line![1]!);
    });
    for (const [, , plant] of BREACHES) {
      const dump = structuredClone(honest) as MutableDump;
      plant(dump);
      checkPromises(dump, {
        acknowledged: ['req_lost'],
        streamed: [...streamedOf(dump).slice(1).reverse(), { id: 'x', request: 'x', sequence: 1 }],
      });
    }
    hold.mockRestore();
    const folder = join(import.meta.dirname, '../../../simulations/checkers');
    const wantFired = readdirSync(folder).flatMap((file) =>
      readFileSync(join(folder, file), 'utf8')
        .split('\n')
        .flatMap((line, index) => (line.includes('findings.hold(') ? [`${file}:${index + 1}`] : [])),
    );
    expect([...fired].sort()).toEqual(wantFired.sort());
  });

  it('finds an acknowledged request that is lost (S4)', () => {
    expect(checkPromises(honest, { acknowledged: ['req_lost'] })).toEqual([
      { promise: 'S4', what: 'req_lost was acknowledged and is lost' },
    ]);
  });

  it('allows repeats on the stream, and finds a loss, a swap and a stranger (S10)', () => {
    const streamed = streamedOf(honest);
    const check = (list: typeof streamed) => checkPromises(honest, { streamed: list });
    const { id } = honest.request.find((request) => request.state === 'granted')!;
    const mine = streamed.filter((event) => event.request === id);
    expect(check([...streamed, ...streamed.slice(2, 5)])).toEqual([]);
    expect(check(streamed.slice(1))).toHaveLength(1);
    expect(check([mine.at(-1)!, ...streamed]).length).toBeGreaterThan(0);
    expect(check([...streamed, { ...streamed[0]!, id: 'evt_stranger' }])).toHaveLength(1);
  });
});
