// What the generator asks for follows from the organisation's capacities, and is the same for the same seed.
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadOrganisation } from '../../api/organisation/index.ts';
import { seeded } from '../../bench/chance.ts';
import { capacityOf, createMix, type Mix, type Wish } from '../../bench/mix.ts';
import { blockedPool } from '../../bench/standing.ts';
import type { Configuration } from '../../scheduler/index.ts';

const ACME = join(import.meta.dirname, '../../examples/acme');
const RATE = 500;
const LOAD = 0.9;
const DRAWS = 40_000;

let configuration: Configuration;
let mix: Mix;
let wishes: Wish[];

function mixOf(ratePerSecond: number, seed: number): Mix {
  return createMix({
    configuration,
    actors: configuration.agents,
    ratePerSecond,
    load: LOAD,
    random: seeded(seed),
    except: blockedPool(configuration),
  });
}

beforeAll(async () => {
  const loaded = await loadOrganisation(ACME, { now: Date.UTC(2026, 10, 23), digest: () => 'd'.repeat(64) });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  configuration = loaded.configuration;
  mix = mixOf(RATE, 7);
  wishes = Array.from({ length: DRAWS }, () => mix.next());
});

describe('the mix', () => {
  it('loads the scarcest kind to the share that was asked for', () => {
    const heldUnitSeconds = wishes.reduce(
      (sum, { scarceUnits, holdMs }) => sum + (scarceUnits * holdMs) / 1000,
      0,
    );
    const load = ((heldUnitSeconds / DRAWS) * RATE) / capacityOf(configuration, 'gpu');
    expect(load).toBeCloseTo(LOAD, 1);
    expect(mix.scarceShare).toBeLessThan(1);
  });

  it('asks for three claims a request on average', () => {
    const claims = wishes.reduce((sum, { body }) => sum + body.options[0]!.claims.length, 0);
    expect(claims / DRAWS).toBeCloseTo(3, 1);
  });

  it('spreads the scarce requests over the departments by their nominal shares', () => {
    const scarce = wishes.filter(({ scarceUnits }) => scarceUnits > 0);
    for (const { department, kind, nominal } of configuration.quotas) {
      if (kind !== 'gpu') continue;
      const share = scarce.filter(({ agent }) => agent.department === department).length / scarce.length;
      expect(share, department).toBeCloseTo(nominal / capacityOf(configuration, 'gpu'), 1);
    }
  });

  it('leaves the blocked pool alone and asks for no class that a department is not entitled to', () => {
    const blocked = blockedPool(configuration).labels.name;
    for (const { agent, body } of wishes) {
      const department = configuration.departments.find(({ id }) => id === agent.department);
      expect(department!.classes).toContain(body.terms.class);
      expect(body.options[0]!.claims.map(({ selector }) => selector?.name)).not.toContain(blocked);
    }
  });

  it('holds leases for 2 to 20 seconds, and less than it declares', () => {
    for (const { holdMs, body } of wishes) {
      expect(holdMs).toBeGreaterThanOrEqual(2000);
      expect(holdMs).toBeLessThanOrEqual(20_000);
      expect(body.terms.durationSeconds * 1000).toBeGreaterThan(2 * holdMs);
    }
  });

  it('is the same for the same seed and another for another', () => {
    const draw = (seed: number) => {
      const other = mixOf(RATE, seed);
      return Array.from({ length: 50 }, () => other.next());
    };
    expect(draw(7)).toEqual(draw(7));
    expect(draw(8)).not.toEqual(draw(7));
  });

  it('asks for the scarce kind in every request where the rate is too low to load it', () => {
    expect(mixOf(5, 1).scarceShare).toBe(1);
  });
});
