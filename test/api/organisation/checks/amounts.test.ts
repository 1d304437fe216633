// What people own and may spend: quotas and cohorts, accounts and their periods.

import { describe, expect, it } from 'vitest';
import { problemsOf, type Spoilt, smallTree } from '../aTree.ts';

function reports(cases: readonly (readonly [string, Spoilt, string | readonly string[]])[]): void {
  it.each(cases)('%s', (_name, spoilt, want) => {
    expect(problemsOf(smallTree(spoilt))).toEqual([want].flat());
  });
}

describe('quotas report', () => {
  reports([
    [
      'a department that does not exist',
      { file: 'quotas', replace: 'legal:', by: 'leagl:' },
      'quotas.yaml:8:7: unknown department "leagl" (did you mean "legal"?) (allowed: engineering, legal)',
    ],
    [
      'a kind that no pool has',
      { file: 'quotas', replace: 'kind: gpu', by: 'kind: tpu' },
      'quotas.yaml:4:11: unknown kind "tpu" (did you mean "gpu"?) (allowed: agent, gpu, review)',
    ],
    [
      'a cohort that does not exist, and the one without members',
      { file: 'quotas', replace: 'cohort: all', by: 'cohort: al' },
      [
        'quotas.yaml:2:11: no quota names the cohort "all", so that it has no members',
        'quotas.yaml:5:13: unknown cohort "al" (did you mean "all"?) (allowed: all)',
      ],
    ],
    [
      'lending more than nominal',
      { file: 'quotas', replace: 'lendingLimit: 6', by: 'lendingLimit: 13' },
      'quotas.yaml:7:68: lends 13, but only 12 are its own (nominal)',
    ],
    [
      'borrowing beyond exact integers',
      { file: 'quotas', replace: 'borrowingLimit: 4', by: 'borrowingLimit: 9007199254740991' },
      'quotas.yaml:7:51: nominal and borrowing together pass 9007199254740991',
    ],
    [
      'nominal shares beyond the capacity of the kind',
      { file: 'quotas', replace: 'nominal: 4', by: 'nominal: 5' },
      'quotas.yaml:7:7: the nominal shares of the kind "gpu" come to 17, but its pools hold 16',
    ],
    [
      'a second share of one kind for a department',
      {
        file: 'quotas',
        replace: 'legal: { nominal: 4 }',
        by: 'legal: { nominal: 4 }\n  - { kind: gpu, shares: { legal: { nominal: 0 } } }',
      },
      'quotas.yaml:9:35: the quota of "legal in gpu" stands twice; first in quotas.yaml:8:14',
    ],
    [
      'lending without a cohort',
      {
        file: 'quotas',
        replace: 'legal: { nominal: 4 }',
        by: 'legal: { nominal: 4 }\n  - { kind: agent, shares: { legal: { nominal: 4, lendingLimit: 2 } } }',
      },
      'quotas.yaml:9:65: the lendingLimit has no effect without a cohort',
    ],
  ]);
});

describe('accounts report', () => {
  reports([
    [
      'a parent that does not exist',
      { file: 'accounts', replace: 'parent: small', by: 'parent: smal' },
      'accounts.yaml:3:42: unknown account "smal" (did you mean "small"?) (allowed: builds, small)',
    ],
    [
      'a cycle',
      { file: 'accounts', replace: 'title: Small', by: 'title: Small, parent: builds' },
      'accounts.yaml:2:40: the account is its own ancestor: small > builds > small',
    ],
    [
      'another measure than the account above',
      { file: 'accounts', replace: 'parent: small', by: 'parent: small, measure: { type: use, kind: gpu }' },
      'accounts.yaml:3:58: the account above, "small", measures EUR; leave "measure" out to do the same',
    ],
    [
      'a root without a measure',
      { file: 'accounts', replace: 'measure: { type: money, currency: EUR }, ', by: '' },
      'accounts.yaml:2:5: an account without a parent needs "measure"',
    ],
    [
      'money without a currency',
      { file: 'accounts', replace: 'type: money, currency: EUR', by: 'type: money' },
      'accounts.yaml:2:41: a measure of type "money" needs "currency"',
    ],
    [
      'use of a kind that no pool has',
      {
        file: 'accounts',
        replace: '  - { id: builds',
        by: '  - { id: time, title: Time, measure: { type: use, kind: tpu }, monthly: 1 }\n  - { id: builds',
      },
      'accounts.yaml:3:58: unknown kind "tpu" (did you mean "gpu"?) (allowed: agent, gpu, review)',
    ],
    [
      'a second currency',
      {
        file: 'accounts',
        replace: '  - { id: builds',
        by: '  - { id: travel, title: Travel, measure: { type: money, currency: CHF }, monthly: 1 }\n  - { id: builds',
      },
      'accounts.yaml:3:68: the organisation counts money in EUR (allowed: EUR)',
    ],
    [
      'no budget',
      { file: 'accounts', replace: ', monthly: 500', by: '' },
      'accounts.yaml:3:5: an account needs either "monthly" or "periods"',
    ],
    [
      'periods that overlap',
      {
        file: 'accounts',
        replace: 'monthly: 500 }',
        by: `periods: [
      { id: a, startsAt: "2026-01-01T00:00Z", endsAt: "2026-02-02T00:00Z", budget: 1 },
      { id: b, startsAt: "2026-02-01T00:00Z", endsAt: "2026-03-01T00:00Z", budget: 1 }] }`,
      },
      'accounts.yaml:5:7: the period "b" overlaps the period "a"',
    ],
  ]);
});
