// The example organisation: what the load bench, the quick start and the documentation count on.

import { beforeAll, describe, expect, it } from 'vitest';
import { loadOrganisation, problemLine } from '../../../api/organisation/index.ts';
import { type Configuration, SLUG } from '../../../scheduler/index.ts';
import { ACME, NOW, sha256 } from './aTree.ts';

let acme: Configuration;

beforeAll(async () => {
  const loaded = await loadOrganisation(ACME, { now: NOW, digest: sha256 });
  if (!loaded.ok) throw new Error(loaded.problems.map(problemLine).join('\n'));
  acme = loaded.configuration;
});

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const capacityOf = (kind: string) =>
  sum(acme.pools.filter((pool) => pool.kind === kind).map(({ capacity }) => capacity));

describe('the acme organisation', () => {
  it('has 12 departments, 600 agents and four classes', () => {
    expect([acme.departments.length, acme.agents.length, acme.classes.length]).toEqual([12, 600, 4]);
    const wantEach = new Set(acme.departments.map(({ id }) => id));
    expect(new Set(acme.agents.map(({ department }) => department))).toEqual(wantEach);
  });

  it('holds what a steady 5,500 concurrent leases need', () => {
    const want = { gpu: 3600, cpu: 40_000, memory: 400_000, agent: 7200 };
    expect(Object.fromEntries(Object.keys(want).map((kind) => [kind, capacityOf(kind)]))).toEqual(want);
  });

  it('gives every agent a pool of 12 slots with its department and skills', () => {
    const pools = new Map(
      acme.pools.flatMap((pool) => (pool.agent === undefined ? [] : [[pool.agent, pool]])),
    );
    expect(pools.size).toBe(600);
    for (const agent of acme.agents) {
      const want = {
        capacity: 12,
        kind: 'agent',
        labels: { department: agent.department, skill: agent.skills },
      };
      expect(pools.get(agent.id)).toMatchObject(want);
    }
  });

  it('has 20 datasets of 100 to 400 seats in all four classifications', () => {
    const datasets = acme.pools.filter(({ kind }) => kind === 'dataset');
    expect(datasets).toHaveLength(20);
    expect(datasets.every(({ capacity }) => capacity >= 100 && capacity <= 400)).toBe(true);
    expect(new Set(datasets.map(({ classification }) => classification)).size).toBe(4);
  });

  it.each(['gpu', 'cpu'])('shares out the whole capacity of %s among all departments', (kind) => {
    const quotas = acme.quotas.filter((quota) => quota.kind === kind);
    expect(quotas).toHaveLength(12);
    expect(sum(quotas.map(({ nominal }) => nominal))).toBe(capacityOf(kind));
  });

  it('has three cohorts and a review calendar for each review skill', () => {
    expect(acme.cohorts.map(({ id }) => id)).toEqual(['backbone', 'makers', 'reach']);
    const reviews = acme.pools.filter(({ kind }) => kind === 'review');
    const skills = reviews.flatMap(({ labels }) => labels.skill ?? []);
    expect(skills.sort()).toEqual([
      'data-protection',
      'data-review',
      'finance-review',
      'legal-review',
      'security-review',
    ]);
    expect(reviews.every(({ calendar }) => calendar !== undefined && calendar.length > 10)).toBe(true);
  });

  it('lets somebody rule on every review skill', () => {
    const reviewers = acme.agents.filter(({ roles }) => roles.includes('reviewer'));
    const can = new Set(reviewers.flatMap(({ skills }) => skills));
    for (const pool of acme.pools.filter(({ kind }) => kind === 'review')) {
      expect(
        [pool.labels.skill ?? []].flat().every((skill) => can.has(skill)),
        pool.id,
      ).toBe(true);
    }
  });

  it('charges every agent in money and in GPU time', () => {
    const measures = new Map(acme.accounts.map(({ id, measure }) => [id, measure.type]));
    for (const agent of acme.agents) {
      expect(agent.accounts.map((id) => measures.get(id)).sort(), agent.id).toEqual(['money', 'use']);
    }
  });

  it('uses slugs for every id', () => {
    const ids = [acme.departments, acme.agents, acme.pools, acme.accounts, acme.cohorts]
      .flat()
      .map(({ id }) => id);
    expect(ids.filter((id) => !SLUG.test(id))).toEqual([]);
  });
});
