// The decision log: every denial, a sample of the rest, nothing that is masked, and never more than its bound.
import { describe, expect, it } from 'vitest';
import { DecisionLog, type DecisionRecord, type Verdict } from '../../policies/index.ts';
import { aRow } from './support.ts';

const ALLOW: Verdict = { outcome: 'allow', obligations: [], warnings: ['SOFT'], dryrun: [] };
const DENY: Verdict = { outcome: 'deny', codes: ['HARD'], warnings: [], dryrun: [] };

function batch(verdicts: readonly Verdict[], tick = 'main/1') {
  const rows = verdicts.map((_, index) =>
    aRow({ purpose: `secret ${index}`, quantities: { gpu: 2, cpu: 4 } }),
  );
  const requests = verdicts.map((_, index) => `req_${index}`);
  const under = { policyRevision: 'p', dataRevision: 'd' };
  return { at: 5, tick, ...under, tookMs: 1.5, rows, requests, verdicts };
}

describe('the decision log', () => {
  it('writes every denial and counts the rest', () => {
    const log = new DecisionLog({ mask: [], sampleEvery: 0 });
    log.add(batch([ALLOW, DENY, ALLOW]));
    expect(log.page(null, 10)).toMatchObject([
      {
        sequence: 1,
        at: 5,
        tick: 'main/1',
        policyRevision: 'p',
        dataRevision: 'd',
        rows: 3,
        allowed: 2,
        denied: 1,
      },
    ]);
    expect(log.page(null, 10)[0]?.decisions).toEqual([
      {
        request: 'req_1',
        outcome: 'deny',
        codes: ['HARD'],
        warnings: [],
        dryrun: [],
        row: aRow({ purpose: 'secret 1', quantities: { gpu: 2, cpu: 4 } }),
      },
    ]);
  });

  it('samples what is allowed by its number, over batches', () => {
    const log = new DecisionLog({ mask: [], sampleEvery: 3 });
    log.add(batch([ALLOW, ALLOW]));
    log.add(batch([ALLOW, ALLOW, ALLOW, ALLOW]));
    const [second, first] = log.page(null, 10);
    expect(first?.decisions).toEqual([]);
    expect(second?.decisions.map(({ request }) => request)).toEqual(['req_0', 'req_3']);
    expect(second?.decisions[0]?.warnings).toEqual(['SOFT']);
  });

  it('lets nothing masked out, neither kept nor to the sink', () => {
    const sunk: DecisionRecord[] = [];
    const log = new DecisionLog({
      mask: ['purpose', 'quantities.gpu', 'nowhere.at.all', 'agent.below.a.text'],
      sampleEvery: 1,
      sink: (record) => void sunk.push(record),
    });
    const asked = batch([ALLOW, DENY]);
    log.add(asked);
    expect(sunk).toEqual(log.page(null, 10));
    expect(JSON.stringify(sunk)).not.toContain('secret');
    const want = { ...aRow(), purpose: '(masked)', quantities: { gpu: '(masked)', cpu: 4 } };
    expect(sunk[0]?.decisions[0]?.row).toEqual(want);
    expect(asked.rows[0]?.purpose).toBe('secret 0');
  });

  it('is bounded: the oldest records go, and of a large batch the rest is counted', () => {
    const log = new DecisionLog({ mask: [], sampleEvery: 0, recordsMax: 3 });
    for (let tick = 1; tick <= 5; tick += 1) log.add(batch([DENY], `main/${tick}`));
    expect(log.page(null, 10).map(({ sequence }) => sequence)).toEqual([5, 4, 3]);
    expect(log.page(5, 1).map(({ sequence }) => sequence)).toEqual([4]);
    log.add(batch(Array.from({ length: 700 }, () => DENY)));
    expect(log.page(null, 1)[0]).toMatchObject({ denied: 700, leftOut: 200 });
    const wide = new DecisionLog({ mask: [], sampleEvery: 0 });
    for (let tick = 1; tick <= 50; tick += 1) wide.add(batch(Array.from({ length: 500 }, () => DENY)));
    expect(wide.page(null, 100)).toHaveLength(40);
  });
});
