// What any store of side jobs promises: one claim at a time, an end for each, results in order, and rows for their department alone.
// Run by test/adapters/memory and test/adapters/postgres.

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Scope, SideJobClaim, SideJobResult } from '../../api/ports.ts';
import type { DepartmentId } from '../../scheduler/index.ts';
import type { StoreUnderTest } from '../support/storeCell.ts';

const CELL = 'main';
const of = (type: 'department' | 'all', department: string): Scope => ({
  type,
  department: department as DepartmentId,
});
const RESEARCH = of('department', 'research');
const SALES = of('department', 'sales');
const ALL = of('all', 'operations');
const RESULT: SideJobResult = {
  fileName: 'a.csv',
  contentType: 'text/csv',
  bytes: 5,
  sha256: 'f0',
  parts: 2,
};
const KINDS = ['export'];

export const sideJobsContract = (name: string, open: () => Promise<StoreUnderTest>) =>
  describe(`side jobs in ${name}`, () => {
    let store: StoreUnderTest;
    let made = 0;
    beforeEach(async () => {
      store = await open();
    });
    afterEach(() => store.close());
    const add = async (scope: Scope = RESEARCH, kind = 'export') => {
      made += 1;
      const id = `job_${String(made).padStart(26, '0')}`;
      return store.ports.sideJobs.add(scope, {
        id,
        cell: CELL,
        subject: 'sam',
        kind,
        input: { of: 'events' },
      });
    };
    const claimed = async (id: string, claim = 'a'): Promise<SideJobClaim> => {
      expect(await store.ports.sideJobBook.claim({ id, claim }, KINDS)).not.toBeNull();
      return { id, claim };
    };
    const stateOf = async (id: string) => (await store.ports.sideJobs.job(ALL, id))?.state;

    it('keeps a job from its asking to its result', async () => {
      const { sideJobs, sideJobBook } = store.ports;
      const asked = await add();
      expect(asked).toMatchObject({
        state: 'queued',
        department: 'research',
        reach: 'department',
        attempts: 0,
      });
      expect(await sideJobBook.due(CELL, 10)).toEqual([asked.id]);
      const claim = await claimed(asked.id);
      expect(await sideJobBook.due(CELL, 10)).toEqual([]);
      expect(await sideJobBook.beat(claim, { done: 3, total: 9 })).toBe(true);
      expect(await sideJobs.job(RESEARCH, asked.id)).toMatchObject({ state: 'running', done: 3, total: 9 });
      await sideJobBook.write(claim, 0, Buffer.from('abc'));
      await sideJobBook.write(claim, 1, Buffer.from('de'));
      expect(await sideJobBook.succeed(claim, RESULT)).toBe(true);
      const ended = await sideJobs.job(RESEARCH, asked.id);
      expect(ended).toMatchObject({ state: 'succeeded', result: RESULT, error: null, attempts: 1 });
      expect(ended?.endedAt).not.toBeNull();
      const parts = await Promise.all([0, 1, 2].map((n) => sideJobs.part(RESEARCH, asked.id, n)));
      expect(parts.map((part) => part && Buffer.from(part).toString())).toEqual(['abc', 'de', null]);
    });

    it('gives a job to one claim, and does nothing for an old one', async () => {
      const { sideJobBook } = store.ports;
      const { id } = await add();
      const outcomes = await Promise.all(
        ['a', 'b', 'c'].map((claim) => sideJobBook.claim({ id, claim }, KINDS)),
      );
      expect(outcomes.filter((job) => job !== null)).toHaveLength(1);
      const old = { id, claim: 'nobody' };
      expect(await sideJobBook.beat(old, { done: 1, total: 1 })).toBe(false);
      expect(await sideJobBook.write(old, 0, Buffer.from('x'))).toBe(false);
      expect(await sideJobBook.succeed(old, RESULT)).toBe(false);
      expect(await sideJobBook.fail(old, { error: 'x', again: false })).toBe(false);
      expect(await stateOf(id)).toBe('running');
    });

    it('brings back what failed and may be tried again, three times at most', async () => {
      const { sideJobBook } = store.ports;
      const { id } = await add();
      for (let attempt = 1; attempt <= 3; attempt += 1) {
        expect(await sideJobBook.due(CELL, 10)).toEqual([id]);
        const claim = await claimed(id, `try-${attempt}`);
        await sideJobBook.write(claim, 0, Buffer.from(`left by ${attempt}`));
        await sideJobBook.fail(claim, { error: 'the disk is full', again: attempt < 3 });
      }
      expect(await sideJobBook.due(CELL, 10)).toEqual([]);
      expect(await store.ports.sideJobs.job(RESEARCH, id)).toMatchObject({
        state: 'failed',
        attempts: 3,
        error: 'the disk is full',
      });
    });

    it('takes back what somebody stopped running, however often, without counting an attempt', async () => {
      const { sideJobBook } = store.ports;
      const { id } = await add();
      for (let stop = 1; stop <= 4; stop += 1) {
        expect(await sideJobBook.handBack(await claimed(id, `stop-${stop}`))).toBe(true);
        expect(await sideJobBook.due(CELL, 10)).toEqual([id]);
      }
      expect(await sideJobBook.handBack({ id, claim: 'stop-4' })).toBe(false);
      const job = await store.ports.sideJobs.job(RESEARCH, id);
      expect(job).toMatchObject({ state: 'queued', attempts: 0, error: null, endedAt: null });
    });

    it('cancels what has not ended, from any side, and takes it from whoever runs it', async () => {
      const { sideJobs, sideJobBook } = store.ports;
      const [queued, running] = [await add(), await add()];
      const claim = await claimed(running.id);
      expect(await sideJobs.cancel(SALES, queued.id)).toBeNull();
      expect((await sideJobs.cancel(RESEARCH, queued.id))?.state).toBe('cancelled');
      expect((await sideJobs.cancel(ALL, running.id))?.state).toBe('cancelled');
      expect(await sideJobBook.beat(claim, { done: 1, total: 1 })).toBe(false);
      expect(await sideJobBook.succeed(claim, RESULT)).toBe(false);
      expect(await sideJobs.cancel(RESEARCH, queued.id)).toBeNull();
      expect(await sideJobBook.due(CELL, 10)).toEqual([]);
      expect(await sideJobBook.claim({ id: queued.id, claim: 'late' }, KINDS)).toBeNull();
    });

    it('shows a department its own jobs alone, newest first, in pages and by filter', async () => {
      const { sideJobs } = store.ports;
      const mine = [await add(), await add(RESEARCH, 'report'), await add()].map(({ id }) => id);
      const theirs = await add(SALES);
      expect(await sideJobs.job(RESEARCH, theirs.id)).toBeNull();
      expect(await sideJobs.part(RESEARCH, theirs.id, 0)).toBeNull();
      const first = await sideJobs.jobs(RESEARCH, { limit: 2, after: null });
      expect(first.items.map(({ id }) => id)).toEqual([mine[2], mine[1]]);
      const second = await sideJobs.jobs(RESEARCH, { limit: 2, after: first.next });
      expect([second.items.map(({ id }) => id), second.next]).toEqual([[mine[0]], null]);
      const reports = await sideJobs.jobs(RESEARCH, { limit: 9, after: null, kind: 'report' });
      expect(reports.items.map(({ id }) => id)).toEqual([mine[1]]);
      expect((await sideJobs.jobs(ALL, { limit: 9, after: null })).items).toHaveLength(4);
      expect((await sideJobs.jobs(ALL, { limit: 9, after: null, state: 'failed' })).items).toEqual([]);
    });

    it('is claimed by who can run its kind', async () => {
      const { id } = await add(RESEARCH, 'simulation');
      expect(await store.ports.sideJobBook.claim({ id, claim: 'a' }, KINDS)).toBeNull();
      expect(await stateOf(id)).toBe('queued');
    });
  });
