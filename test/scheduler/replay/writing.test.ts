// When the leader writes checkpoints, and that no tick waits for one.
import { setImmediate as turnOver } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { sha256 } from '../../../adapters/system/digest.ts';
import { carriedOf } from '../../../scheduler/carried.ts';
import {
  type CheckpointStore,
  checkpointLines,
  newMemo,
  type PoolId,
  type SchedulerPorts,
  type Standing,
  standingOf,
} from '../../../scheduler/index.ts';
import { CheckpointWriting } from '../../../scheduler/replay/writing.ts';
import type { TickCarry } from '../../../scheduler/tick.ts';
import { aConfiguration, aPool, aRequest, aState } from '../../support/builders.ts';

const CONFIGURATION = aConfiguration().pool(aPool('gpu-a').gpu(8)).build();

function standing(tick: number): Standing {
  const state = aState(CONFIGURATION).build();
  for (const n of [1, 2, 3]) state.requests.set(aRequest(n).build().id, aRequest(n).gpu(n).pending());
  state.goneConsumables.add('cad' as PoolId);
  state.tick = tick;
  const carry: TickCarry = { memo: newMemo(), unfinished: false };
  carry.remembered = carriedOf(state, carry);
  return { state, carry };
}

function writing() {
  const kept: { tick: number; text: string }[] = [];
  const failures: unknown[] = [];
  let release = (): void => {};
  let fails = false;
  const checkpoints: CheckpointStore = {
    async keep({ tick }, pieces) {
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      if (fails) throw new Error('the disk is full');
      let text = '';
      for await (const piece of pieces) text += piece;
      kept.push({ tick, text });
      return true;
    },
  };
  const ports = { checkpoints, timers: { sleep: async () => {} } } as unknown as SchedulerPorts;
  const writes = new CheckpointWriting(ports, (error) => failures.push(error));
  return {
    kept,
    failures,
    committed: (tick: number, now: number, of = standing(tick)) =>
      writes.sent(of, { now, arrived: Promise.resolve('committed') }),
    sent: (tick: number, arrived: Promise<'committed' | 'epochLost'>) =>
      writes.sent(standing(tick), { now: 0, arrived }),
    fail: () => {
      fails = true;
    },
    async done() {
      await turnOver();
      release();
      await writes.settled();
    },
  };
}

describe('checkpoints', () => {
  it('are written after the first commit of a term, then every 1,000 ticks or 60 seconds, one at a time', async () => {
    const { committed, done, kept } = writing();
    committed(5, 0);
    committed(2000, 0); // one is under way
    await done();
    committed(1004, 59_999);
    committed(1005, 59_999);
    await done();
    committed(1006, 119_998);
    committed(1007, 119_999);
    await done();
    expect(kept.map(({ tick }) => tick)).toEqual([5, 1005, 1007]);
  });

  it('hold what stood when they were begun, whatever the ticks do meanwhile', async () => {
    const { committed, done, kept } = writing();
    const of = standing(5);
    const want = [...checkpointLines(of)].join('');
    committed(5, 0, of);
    of.state.requests.clear();
    of.state.tick = 6;
    await done();
    expect(kept[0]!.text).toBe(want);
    const read = standingOf(want, CONFIGURATION);
    expect([...checkpointLines(read)].join('')).toBe(want);
    expect(read.state.requests.size).toBe(3);
    expect([...read.state.goneConsumables]).toEqual(['cad']);
    expect(sha256([want])).toMatch(/^[0-9a-f]{64}$/);
  });

  it('of a tick whose commit failed, or was refused, are dropped, and the next one is written', async () => {
    const { sent, committed, done, kept, failures } = writing();
    sent(5, Promise.reject(new Error('the line is cut')));
    await done();
    sent(6, Promise.resolve('epochLost'));
    await done();
    expect(kept).toEqual([]);
    expect(failures).toEqual([]);
    committed(7, 60_000);
    await done();
    expect(kept.map(({ tick }) => tick)).toEqual([7]);
  });

  it('that fail are reported, and the next one is written', async () => {
    const { committed, done, failures, fail } = writing();
    fail();
    committed(5, 0);
    await done();
    expect(String(failures[0])).toContain('the disk is full');
    committed(6, 60_000);
    await done();
    expect(failures).toHaveLength(2);
  });

  it('are refused in another format, and under another configuration', () => {
    const text = [...checkpointLines(standing(5))].join('');
    expect(() => standingOf(text.replace('checkpoint/1', 'checkpoint/2'), CONFIGURATION)).toThrow('format');
    const other = { ...CONFIGURATION, revision: 'cfg_other' };
    expect(() => standingOf(text, other)).toThrow(CONFIGURATION.revision);
    expect(() => standingOf(`${text}["nonsense",1]\n`, CONFIGURATION)).toThrow('nonsense');
  });
});
