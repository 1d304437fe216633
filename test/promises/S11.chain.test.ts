// S11: the audit is gapless and verifiable from outside. Chains that PostgreSQL wrote, checked by code that shares nothing with it, and 1,000
// chains that somebody tampered with: each is found where it was done.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sha256 } from '../../adapters/system/digest.ts';
import type { AuditHead, Principal } from '../../api/ports.ts';
import {
  ChainCheck,
  type ChainedSeal,
  type ChainFault,
  type IntakeActor,
  type ResourceRequest,
  type TickRecord,
} from '../../scheduler/index.ts';
import { aConfiguration, aPool, aRequest } from '../support/builders.ts';
import { seededDraw } from '../support/syntheticTick.ts';
import { type LiveCell, liveCell } from './liveCell.ts';

interface Chain {
  readonly ticks: TickRecord[];
  readonly seals: ChainedSeal[];
  readonly head: AuditHead;
}

const TICKS = 12;
const WORDLESS = { role: 'auditor', department: 'research', agent: null, expiresAt: 0 };
const BY = { ...WORDLESS, subject: 'eve "the\nauditor" \u0007é' } as unknown as Principal;

let cell: LiveCell;
let chain: Chain;

/** Cancels it, and says why. */
async function because({ id, department, agent }: ResourceRequest, why: string): Promise<void> {
  const actor = { subject: String(agent), department, agent, because: why } as IntakeActor;
  const command = { type: 'cancel', request: id } as const;
  await cell.adapter.intakeWriter.write([
    { cell: cell.configuration.cell, actor, command, idempotency: null },
  ]);
}

beforeAll(async () => {
  cell = await liveCell(aConfiguration().pool(aPool('gpu-a').gpu(4)));
  const { adapter, configuration } = cell;
  let leader = await cell.elect();
  for (let n = 1; n <= TICKS; n += 1) {
    if (n === TICKS / 2) leader = await cell.elect();
    await cell.submit(
      aRequest(n).gpu(1).build(),
      aRequest(100 + n)
        .gpu(4)
        .build(),
    );
    await adapter.audit.write(configuration.cell, {
      by: BY,
      act: 'role-refused',
      object: `GET /v1/audit ${n}`,
    });
    await leader.tick();
    await because(aRequest(100 + n).build(), `n. ${n}: "no\u2028 longer" needed, \\ said Zoë 🙂`);
  }
  await leader.tick();
  await adapter.audit.write(configuration.cell, { by: BY, act: 'never-fits', object: 'POST /v1/requests' });
  expect(await adapter.sealer.seal(configuration.cell, leader.epoch)).toBe('sealed');
  const { cell: name } = configuration;
  const ticks = await adapter.history.history(name, { after: 0, through: 1e9, limit: 1000 });
  chain = {
    ticks: ticks.map(({ record }) => record),
    seals: [...(await adapter.audit.seals(name, { after: 0, limit: 1000 }))],
    head: (await adapter.audit.head(name))!,
  };
}, 60_000);
afterAll(() => cell.close());

function faultOf({ ticks, seals, head }: Chain): ChainFault | null {
  const check = new ChainCheck(cell.configuration.cell, sha256);
  for (const record of ticks) {
    const fault = check.tick(record);
    if (fault !== null) return fault;
  }
  for (const seal of seals) {
    const fault = check.seal(seal);
    if (fault !== null) return fault;
  }
  return check.head(head);
}

describe('S11 the chains of ticks and audit', () => {
  it('hold, from what the database wrote to what anybody computes', () => {
    expect(faultOf(chain)).toBeNull();
    expect(chain.ticks.length).toBeGreaterThanOrEqual(TICKS);
    expect(chain.seals.length).toBeGreaterThan(TICKS);
    const entries = chain.seals.flatMap((seal) => seal.entries);
    expect(entries.map(({ sequence }) => sequence)).toEqual(entries.map((_, i) => i + 1));
    expect(entries.filter(({ act }) => act === 'role-refused')).toHaveLength(TICKS);
    expect(entries.at(-1)).toMatchObject({ act: 'never-fits', actor: BY.subject, because: null });
  });

  it('seal why somebody did it, in the words that were said', () => {
    const entries = chain.seals.flatMap((seal) => seal.entries).filter(({ act }) => act === 'cancel');
    expect(entries).toHaveLength(TICKS);
    expect(entries[6]?.because).toBe('n. 7: "no\u2028 longer" needed, \\ said Zoë 🙂');
    const at = chain.seals.findIndex((seal) => seal.entries.some(({ because: why }) => why !== null));
    const told = (change: string | null): ChainFault | null => {
      const bent = copy();
      const entry = bent.seals[at]!.entries.find(({ because: why }) => why !== null)!;
      Object.assign(entry, { because: change });
      return faultOf(bent);
    };
    for (const change of [null, '', 'another reason']) expect(told(change)?.at).toMatch(/^audit entry \d+$/);
  });

  it('have an entry for every Decision that ended a request, and every act folded', async () => {
    const { audit, request, intake } = await cell.dump();
    const ended = request.filter(({ state }) => state !== 'queued' && state !== 'waiting');
    expect(audit.filter(({ actor }) => actor === 'leader')).toHaveLength(ended.length);
    const withoutTick = ['role-refused', 'never-fits'];
    const folded = audit.filter(({ actor, act }) => actor !== 'leader' && !withoutTick.includes(act));
    expect(folded).toHaveLength(intake.length);
  });

  it('are sealed by the leader alone', async () => {
    const { adapter, configuration } = cell;
    await adapter.audit.write(configuration.cell, { by: BY, act: 'role-refused', object: 'late' });
    expect(await adapter.sealer.seal(configuration.cell, 1)).toBe('epochLost');
    const { number } = (await adapter.audit.head(configuration.cell))!;
    expect(number).toBe(chain.head.number);
  });

  it('1,000 tampers of ticks and audit, flipped, dropped, inserted, swapped, cut off or hashed anew, are found where they were done', () => {
    const draw = seededDraw(11);
    const missed: string[] = [];
    const kinds = new Map<string, number>();
    for (let n = 0; n < 1000; n += 1) {
      const { what, bent, at } = tampered(draw);
      kinds.set(what, (kinds.get(what) ?? 0) + 1);
      const fault = faultOf(bent);
      if (fault === null || !at.includes(fault.at))
        missed.push(`${what}: ${at.join(' or ')}, found ${fault?.at ?? 'nothing'}`);
    }
    expect(missed).toEqual([]);
    expect(kinds.size).toBe(Object.keys(TAMPERS).length);
    for (const count of kinds.values()) expect(count).toBeGreaterThan(40);
  });
});

type Draw = (least: number, most: number) => number;
interface Tampered {
  readonly bent: Chain;
  /** Where it must be found: at the link itself, or at the next, which names it. */
  readonly at: readonly string[];
}

const copy = (): Chain => structuredClone(chain);
const tickAt = (i: number): string => `tick ${chain.ticks[i]!.tick}`;
const sealAt = (i: number): string => `audit seal ${chain.seals[i]!.number}`;

/** One character of one value, somewhere in it. */
function flip(target: Record<string, unknown>, draw: Draw): void {
  const paths: { holder: Record<string, unknown>; key: string }[] = [];
  const walk = (holder: Record<string, unknown>): void => {
    for (const [key, value] of Object.entries(holder)) {
      // Timings are no part of what is chained.
      if (key === 'timings' || key === 'entries') continue;
      if (typeof value === 'object' && value !== null) walk(value as Record<string, unknown>);
      else paths.push({ holder, key });
    }
  };
  walk(target);
  const { holder, key } = paths[draw(0, paths.length - 1)]!;
  const value = holder[key];
  holder[key] = typeof value === 'number' ? value + 1 : typeof value === 'string' ? `${value}x` : !value;
}

function hashedAnew(record: TickRecord): TickRecord {
  const { digest: _, timings, ...covered } = record;
  return { ...covered, digest: sha256([JSON.stringify(covered)]), timings };
}

const TAMPERS: Record<string, (draw: Draw) => Tampered> = {
  'a tick flipped'(draw) {
    const bent = copy();
    const i = draw(0, bent.ticks.length - 1);
    flip(bent.ticks[i] as never, draw);
    // Its number and its cell are part of it, so the fault may be named after what it claims to be.
    return { bent, at: [tickAt(i), `tick ${bent.ticks[i]!.tick}`] };
  },
  'a tick hashed anew'(draw) {
    const bent = copy();
    const i = draw(0, bent.ticks.length - 1);
    bent.ticks[i] = hashedAnew({ ...bent.ticks[i]!, now: bent.ticks[i]!.now + 1 });
    // The next tick names the old digest; of the last one a seal or the head does.
    const seals = bent.seals.flatMap(({ tick }, k) => (tick === bent.ticks[i]!.tick ? [sealAt(k)] : []));
    return { bent, at: i + 1 < bent.ticks.length ? [tickAt(i + 1)] : [...seals, 'head'] };
  },
  'a tick dropped'(draw) {
    const bent = copy();
    const i = draw(1, bent.ticks.length - 2);
    bent.ticks.splice(i, 1);
    return { bent, at: [tickAt(i + 1)] };
  },
  'a tick inserted'(draw) {
    const bent = copy();
    const i = draw(1, bent.ticks.length - 1);
    const { digest: previousDigest } = bent.ticks[i - 1]!;
    bent.ticks.splice(i, 0, hashedAnew({ ...bent.ticks[i]!, now: 1, previousDigest }));
    return { bent, at: [tickAt(i)] };
  },
  'two ticks swapped'(draw) {
    const bent = copy();
    const i = draw(1, bent.ticks.length - 2);
    [bent.ticks[i], bent.ticks[i + 1]] = [bent.ticks[i + 1]!, bent.ticks[i]!];
    return { bent, at: [tickAt(i + 1)] };
  },
  'the last ticks cut off'(draw) {
    const bent = copy();
    bent.ticks.length -= draw(1, bent.ticks.length - 1);
    return { bent, at: ['head'] };
  },
  'an entry flipped'(draw) {
    const bent = copy();
    const seal = bent.seals[draw(0, bent.seals.length - 1)]!;
    const i = draw(0, seal.entries.length - 1);
    const { sequence } = seal.entries[i]!;
    flip(seal.entries[i] as never, draw);
    return { bent, at: [`audit entry ${sequence}`, `audit entry ${seal.entries[i]!.sequence}`] };
  },
  'an entry hashed anew'(draw) {
    const bent = copy();
    const k = draw(0, bent.seals.length - 1);
    const seal = bent.seals[k]!;
    const i = draw(0, seal.entries.length - 1);
    const { sequence, tick, at, department, act, object, because: why } = seal.entries[i]!;
    const parts = [
      cell.configuration.cell,
      `${sequence}`,
      `${tick}`,
      `${at}`,
      department,
      'mallory',
      act,
      object,
      ...(why == null ? [] : [why]),
    ];
    Object.assign(seal.entries[i]!, { actor: 'mallory', digest: sha256([JSON.stringify(parts)]) });
    return { bent, at: [sealAt(k)] };
  },
  'an entry dropped'(draw) {
    const bent = copy();
    const k = draw(0, bent.seals.length - 1);
    (bent.seals[k]!.entries as unknown[]).splice(draw(0, bent.seals[k]!.entries.length - 1), 1);
    return { bent, at: [sealAt(k)] };
  },
  'two entries swapped'(draw) {
    const bent = copy();
    const many = bent.seals.flatMap(({ entries }, k) => (entries.length > 1 ? [k] : []));
    const seal = bent.seals[many[draw(0, many.length - 1)]!]!;
    const entries = seal.entries as unknown as { sequence: number }[];
    const i = draw(0, entries.length - 2);
    [entries[i], entries[i + 1]] = [entries[i + 1]!, entries[i]!];
    return { bent, at: [`audit entry ${entries[i]!.sequence}`] };
  },
  'a seal flipped'(draw) {
    const bent = copy();
    const k = draw(0, bent.seals.length - 1);
    flip(bent.seals[k] as never, draw);
    const { first } = chain.seals[k]!;
    return { bent, at: [sealAt(k), `audit seal ${bent.seals[k]!.number}`, `audit entry ${first}`] };
  },
  'a seal dropped'(draw) {
    const bent = copy();
    const k = draw(1, bent.seals.length - 2);
    bent.seals.splice(k, 1);
    return { bent, at: [sealAt(k + 1)] };
  },
  'two seals swapped'(draw) {
    const bent = copy();
    const k = draw(0, bent.seals.length - 2);
    [bent.seals[k], bent.seals[k + 1]] = [bent.seals[k + 1]!, bent.seals[k]!];
    // A chain may begin at any seal, as one of a range does: then the next one does not follow.
    return { bent, at: [sealAt(k + 1), sealAt(k)] };
  },
  'the last seals cut off'(draw) {
    const bent = copy();
    bent.seals.length -= draw(1, bent.seals.length - 1);
    return { bent, at: ['head'] };
  },
};

function tampered(draw: Draw): Tampered & { readonly what: string } {
  const names = Object.keys(TAMPERS);
  const what = names[draw(0, names.length - 1)]!;
  return { what, ...TAMPERS[what]!(draw) };
}
