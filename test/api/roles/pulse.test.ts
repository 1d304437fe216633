// The pulse and the tally: sums over the ticks that they were shown.
import { afterEach, describe, expect, it } from 'vitest';
import { createPulse } from '../../../api/roles/pulse.ts';
import { createTally, type Tally } from '../../../api/roles/tally.ts';
import type { TickCommit } from '../../../scheduler/index.ts';

interface Told {
  pending?: number;
  granted?: number;
  waiting?: number;
  denied?: number;
  columns?: number;
  gap?: number;
  tookMs?: number;
  fault?: string;
  engineCalled?: boolean;
  changes?: readonly { readonly type: string }[];
}

function aTick(told: Told): TickCommit {
  const { pending = 0, granted = 0, waiting = 0, denied = 0, columns = 0, gap, tookMs = 0 } = told;
  const record = {
    counts: { pending, granted, waiting, denied, columns },
    stages: gap === undefined ? [] : [{ gap }, { gap: gap / 2 }],
    timings: { foldMs: tookMs, gateMs: 0, formulateMs: 0, solveMs: 1, decodeMs: 0 },
    fault: told.fault ?? null,
    engineCalled: told.engineCalled ?? false,
  };
  return { record, changes: told.changes ?? [], events: [], intake: [] } as unknown as TickCommit;
}

describe('the pulse', () => {
  it('says in one line what happened since the last one, and how much waits now', () => {
    const pulse = createPulse();
    pulse.committed(aTick({ pending: 9, granted: 3, waiting: 2, denied: 1, gap: 0.02, tookMs: 4 }));
    pulse.committed(aTick({ pending: 7, granted: 4, gap: 0.01, tookMs: 8 }));
    expect(pulse.line()).toBe(
      'pending    7  granted    7  waiting    2  denied    1  worst gap  2.00 %  slowest tick    9.0 ms of 2',
    );
    expect(pulse.line()).toBe(
      'pending    7  granted    0  waiting    0  denied    0  worst gap  0.00 %  slowest tick    0.0 ms of 0',
    );
  });

  it('keeps the totals of the whole run', () => {
    const pulse = createPulse();
    pulse.committed(aTick({ granted: 3, denied: 1 }));
    pulse.line();
    pulse.committed(aTick({ granted: 2, waiting: 5 }));
    expect(pulse.totals()).toMatchObject({ granted: 5, denied: 1, waiting: 5, ticks: 2 });
  });
});

describe('the tally', () => {
  let tally: Tally | null = null;
  afterEach(() => {
    tally?.close();
    tally = null;
  });

  it('counts ticks, those with an engine, with columns and with a fault, and keeps the largest gap', () => {
    tally = createTally();
    tally.committed(aTick({ columns: 5, gap: 0.03, engineCalled: true, pending: 5 }));
    tally.committed(aTick({ columns: 2, gap: 0.01, fault: 'watchdog', pending: 3 }));
    tally.committed(aTick({}));
    const wantStats = {
      ticks: 3,
      ticksWithEngine: 1,
      ticksWithColumns: 2,
      faults: 1,
      largestGap: 0.03,
      pending: [5, 3, 0],
      columns: [5, 2, 0],
    };
    expect(tally.stats()).toMatchObject(wantStats);
    expect(tally.stats().timings).toHaveLength(3);
  });

  it('measures a record by its bytes and by the requests and decisions in it', () => {
    tally = createTally();
    const commit = aTick({ changes: [{ type: 'requestOpened' }, { type: 'decided' }, { type: 'ledger' }] });
    tally.committed(commit);
    const bytes = Buffer.byteLength(JSON.stringify(commit.record));
    expect(tally.stats().recordBytes).toEqual([{ bytes, entries: 2 }]);
  });

  it('keeps the newest thirty thousand ticks and no more', () => {
    tally = createTally();
    for (let n = 0; n < 30_010; n += 1) tally.committed(aTick({ pending: n }));
    const { pending, ticks, recordBytes } = tally.stats();
    expect(ticks).toBe(30_010);
    expect([pending.length, recordBytes.length, pending[0], pending.at(-1)]).toEqual([
      30_000, 30_000, 10, 30_009,
    ]);
  });

  it('knows how late the event loop ran', () => {
    tally = createTally();
    const { p50, p99, max } = tally.stats().eventLoopLagMs;
    for (const lag of [p50, p99, max]) expect(lag).toBeGreaterThanOrEqual(0);
  });
});
