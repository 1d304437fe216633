// The ring of kept ticks: only those with a program, the last of them, and bounded by what they hold.

import { expect, it } from 'vitest';
import { keepTickFiles } from '../../../api/roles/tickFiles.ts';
import { aTickRig, submitted } from '../../scheduler/support/tickRig.ts';
import { aConfiguration, aPool, aRequest, aState } from '../../support/builders.ts';

/** A cell whose ticks are told to the ring; each of them decides one more request. */
async function ticksInto(ring: ReturnType<typeof keepTickFiles>, count: number) {
  const rig = aTickRig(aState(aConfiguration().pool(aPool('gpu-a').gpu(3))).build());
  rig.ports = { ...rig.ports, observer: ring };
  for (let n = 1; n <= count; n += 1) await rig.tick({ rows: [submitted(aRequest(n).gpu(1).build())] });
  return rig;
}

it('keeps a tick as it was decided on, not as it went on', async () => {
  const ring = keepTickFiles(8);
  await ticksInto(ring, 3);
  expect(ring.oldest()).toBe(1);
  expect(ring.file(2)).toMatchObject({ version: 1, used: { 'gpu-a': 1 }, requests: [{ sequence: 2 }] });
});

it('keeps none that had no program', async () => {
  const ring = keepTickFiles(8);
  await ticksInto(ring, 5);
  // Three of five requests fit; the ticks after them had nothing to decide on.
  expect([1, 2, 3, 4, 5].map((tick) => ring.file(tick) !== null)).toEqual([true, true, true, false, false]);
});

it('forgets the oldest beyond its number, and keeps nothing at all when that is 0', async () => {
  const ring = keepTickFiles(2);
  await ticksInto(ring, 3);
  expect([ring.oldest(), ring.file(1)]).toEqual([2, null]);
  const none = keepTickFiles(0);
  await ticksInto(none, 3);
  expect([none.oldest(), none.file(3)]).toEqual([null, null]);
});

it('forgets the oldest when all of them hold too much together, but never the newest', async () => {
  const ring = keepTickFiles(100, 2);
  await ticksInto(ring, 3);
  expect([ring.file(2), ring.oldest()]).toEqual([null, 3]);
});
