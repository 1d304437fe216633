// S1: no pool over capacity at any instant, exact integers. Capacity is cut and raised, submits and releases race, memory and solver lie.
import { afterEach, describe, expect, it } from 'vitest';
import type { StoreDump } from '../../adapters/memory/tables.ts';
import { aConfiguration, aPool, aRequest } from '../support/builders.ts';
import { checkPromises } from '../support/promises.ts';
import { seededDraw } from '../support/syntheticTick.ts';
import { type LiveCell, liveCell, outcomeOf, submission } from './liveCell.ts';

let cell: LiveCell;
afterEach(() => cell.close());

const withGpus = (a: number, b: number) =>
  aConfiguration().pool(aPool('gpu-a').gpu(a), aPool('gpu-b').gpu(b));

function used(dump: StoreDump): Map<string, number> {
  return new Map(dump.capacity_use.map((row) => [row.key, row.used]));
}

describe('S1 no pool over capacity at any instant', () => {
  it('while two API processes submit, leases end, and the capacity is cut and raised between the ticks', async () => {
    cell = await liveCell(withGpus(10, 6));
    const other = await cell.store.open();
    const draw = seededDraw(11);
    let leader = await cell.elect();
    let before = new Map<string, number>();
    for (let round = 0; round < 12; round += 1) {
      const [a, b] = [draw(0, 12), draw(0, 8)];
      await cell.adapter.configuration.store(withGpus(a, b).build());
      // A new revision is the next leader's: the one before knows only its own.
      leader = await cell.elect();
      const requests = [0, 1, 2, 3].map((n) =>
        aRequest(round * 10 + n)
          .gpu(draw(1, 5))
          .build(),
      );
      const halves = [requests.slice(0, 2), requests.slice(2)].map((half) =>
        half.map((r) => submission('main', r)),
      );
      await Promise.all([cell.adapter.intakeWriter.write(halves[0]!), other.intakeWriter.write(halves[1]!)]);
      for (const lease of leader.state.leases.values()) {
        if (draw(0, 2) > 0) continue;
        const { id, epoch } = lease;
        await cell.act({ type: 'release', lease: id, epoch }, lease);
        await cell.act({ type: 'release', lease: id, epoch }, lease);
      }
      await leader.settle();
      const now = used(await cell.dump());
      const capacity = new Map([
        ['gpu-a', a],
        ['gpu-b', b],
      ]);
      for (const [pool, units] of now) {
        // Over a cut capacity it may stand until leases end, but never rise.
        expect(units).toBeLessThanOrEqual(Math.max(capacity.get(pool) ?? 0, before.get(pool) ?? 0));
      }
      before = now;
    }
    const dump = await cell.dump();
    expect(dump.lease.length).toBeGreaterThan(10);
    expect(checkPromises(dump)).toEqual([]);
  });

  it('grants units of a cut pool again only when so many leases have ended that there is room', async () => {
    cell = await liveCell(withGpus(8, 0));
    const [first, second, third] = [
      aRequest(1).gpu(4).build(),
      aRequest(2).gpu(4).build(),
      aRequest(3).gpu(1).build(),
    ];
    const before = await cell.elect();
    await cell.submit(first, second);
    await before.settle();
    await cell.adapter.configuration.store(withGpus(5, 0).build());
    const leader = await cell.elect();
    await cell.submit(third);
    await leader.settle();
    expect(outcomeOf(await cell.dump(), third)).toBe('waiting');
    const lease = leader.leaseOf(first);
    await cell.act({ type: 'release', lease: lease.id, epoch: lease.epoch }, lease);
    await leader.settle();
    const dump = await cell.dump();
    expect(outcomeOf(dump, third)).toBe('granted');
    expect(used(dump).get('gpu-a')).toBe(5);
    expect(checkPromises(dump)).toEqual([]);
  });

  it('of a solver that grants everything: what the pool cannot hold is refused and goes on waiting', async () => {
    cell = await liveCell(withGpus(4, 0));
    const leader = await cell.elect();
    const { solver } = leader.ports;
    leader.ports = {
      ...leader.ports,
      solver: {
        ...solver,
        async solve(model, options) {
          const solution = await solver.solve(model, options);
          return { ...solution, granted: new Uint8Array(solution.granted.length).fill(1) };
        },
      },
    };
    await cell.submit(...[1, 2, 3].map((n) => aRequest(n).gpu(2).build()));
    await leader.tick();
    const dump = await cell.dump();
    expect(used(dump).get('gpu-a')).toBeLessThanOrEqual(4);
    expect(dump.tick.map((row) => row.record.fault)).toEqual(['refused']);
    expect(dump.request.filter((row) => row.state === 'waiting').length).toBeGreaterThan(0);
    expect(checkPromises(dump)).toEqual([]);
  });

  it('of a leader whose memory forgot what is in use: the database refuses the tick whole', async () => {
    cell = await liveCell(withGpus(4, 0));
    const leader = await cell.elect();
    await cell.submit(aRequest(1).gpu(3).build());
    await leader.settle();
    leader.state.used.clear();
    await cell.submit(aRequest(2).gpu(2).build());
    const before = await cell.dump();
    await expect(leader.tick()).rejects.toThrow(/^S1: /);
    expect(await cell.dump()).toEqual(before);
  });

  it('and the checker sees it where the database let it pass', async () => {
    cell = await liveCell(withGpus(4, 0));
    const leader = await cell.elect();
    await cell.submit(aRequest(1).gpu(3).build());
    await leader.settle();
    const dump = structuredClone(await cell.dump());
    Object.assign(dump.lease[0]!.allocations[0]!, { quantity: 5 });
    expect(checkPromises(dump).map(({ promise }) => promise)).toContain('S1');
  });
});
