// The quality ledger: how good plans were proved to be, how often a class was given up at its bound of work, and how often the solver failed.
// Invariant: counts alone, each tick with a program in exactly one band. Called by the metrics and by GET /v1/ticks/quality.

import type { SolverFault } from '../solver/index.ts';
import type { StageRecord, TickRecord } from './domain/tickRecord.ts';

/** By the proven gap, as a ratio: above the band before, at most `most`. `unclaimed`: a program whose plan nothing is claimed of. */
export const GAP_BANDS = [
  { band: 'optimal', most: 0 },
  { band: '0.01%', most: 0.0001 },
  { band: '0.1%', most: 0.001 },
  { band: '0.5%', most: 0.005 },
  { band: '1%', most: 0.01 },
  { band: '5%', most: 0.05 },
  { band: 'over 5%', most: Number.POSITIVE_INFINITY },
] as const;

export type GapBand = (typeof GAP_BANDS)[number]['band'] | 'unclaimed';

/** Of a tick's record what the ledger counts. */
export interface TickQuality extends Pick<TickRecord, 'tick' | 'fault'> {
  readonly columns: number;
  readonly stages: readonly Pick<StageRecord, 'class' | 'method' | 'gap' | 'ended'>[];
}

export interface ClassQuality {
  readonly class: string;
  /** Ticks in which the class had anything to decide. */
  readonly stages: number;
  readonly bands: Readonly<Partial<Record<GapBand, number>>>;
  /** Stages that ended at the bound of work. */
  readonly givenUp: number;
  readonly worstGap: number;
}

export interface QualityLedger {
  /** Ticks looked at, and those among them that had a program. */
  readonly ticks: number;
  readonly programs: number;
  /** The oldest and the newest of them; null without any. */
  readonly from: number | null;
  readonly to: number | null;
  /** Programs by the band of their worst class. */
  readonly bands: Readonly<Partial<Record<GapBand, number>>>;
  readonly faults: Readonly<Partial<Record<SolverFault, number>>>;
  readonly classes: readonly ClassQuality[];
}

export function qualityOf({ counts, ...record }: TickRecord): TickQuality {
  const stages = record.stages.map(({ class: name, method, gap, ended }) => ({
    class: name,
    method,
    gap,
    ...(ended && { ended }),
  }));
  return { tick: record.tick, fault: record.fault, columns: counts.columns, stages };
}

export function gapBand(gap: number): GapBand {
  return GAP_BANDS.find(({ most }) => gap <= most)!.band;
}

/** Of the class that was proved worst; null where there was nothing to decide. */
export function bandOf({ columns, stages }: Omit<TickQuality, 'tick' | 'fault'>): GapBand | null {
  if (columns === 0) return null;
  if (stages.length === 0) return 'unclaimed';
  return gapBand(Math.max(...stages.map(({ gap }) => gap)));
}

export function bandOfRecord(record: TickRecord): GapBand | null {
  return bandOf(qualityOf(record));
}

/** Newest first, as they are read. Classes in the order of their ranks within a tick. */
export function ledgerOf(ticks: readonly TickQuality[]): QualityLedger {
  const bands = new Counts<GapBand>();
  const faults = new Counts<SolverFault>();
  const classes = new Map<
    string,
    { stages: number; givenUp: number; worstGap: number; bands: Counts<GapBand> }
  >();
  for (const tick of ticks) {
    const band = bandOf(tick);
    if (band !== null) bands.add(band);
    if (tick.fault !== null) faults.add(tick.fault);
    for (const { class: name, method, gap, ended } of tick.stages) {
      if (method === 'empty') continue;
      const of = classes.get(name) ?? { stages: 0, givenUp: 0, worstGap: 0, bands: new Counts<GapBand>() };
      classes.set(name, of);
      of.stages += 1;
      if (ended === 'workLimit') of.givenUp += 1;
      of.worstGap = Math.max(of.worstGap, gap);
      of.bands.add(gapBand(gap));
    }
  }
  return {
    ticks: ticks.length,
    programs: bands.total,
    from: ticks.at(-1)?.tick ?? null,
    to: ticks[0]?.tick ?? null,
    bands: bands.record(),
    faults: faults.record(),
    classes: [...classes].map(([name, { bands: ofClass, ...sums }]) => ({
      class: name,
      ...sums,
      bands: ofClass.record(),
    })),
  };
}

class Counts<Key extends string> {
  readonly #counts = new Map<Key, number>();

  add(key: Key): void {
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }

  get total(): number {
    return [...this.#counts.values()].reduce((sum, count) => sum + count, 0);
  }

  record(): Partial<Record<Key, number>> {
    return Object.fromEntries(this.#counts) as Partial<Record<Key, number>>;
  }
}
