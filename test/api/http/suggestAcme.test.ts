// Suggestions where much can be in the way at once: the sample organisation with its quotas, clearances, calendars and node sizes.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { ProblemCode, ProblemDocument } from '../../../api/errors.ts';
import { loadOrganisation, problemLine } from '../../../api/organisation/index.ts';
import type { Configuration } from '../../../scheduler/index.ts';
import { ACME, NOW, sha256 } from '../organisation/aTree.ts';
import { anEdge } from './support.ts';

async function acme(): Promise<Configuration> {
  const loaded = await loadOrganisation(ACME, { now: NOW, digest: sha256 });
  if (!loaded.ok) throw new Error(loaded.problems.map(problemLine).join('\n'));
  return loaded.configuration;
}

function wrongBodies({ pools, classes }: Configuration) {
  const kinds = [...new Set(pools.map(({ kind }) => kind))];
  const labels = [...new Set(pools.flatMap((pool) => Object.keys(pool.labels)))];
  const values = [...new Set(pools.flatMap((pool) => Object.values(pool.labels).flat()))];
  const typo = (names: readonly string[]) =>
    fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom(...names) },
      { weight: 1, arbitrary: fc.constantFrom(...names).map((name) => `${name.slice(1)}x`) },
    );
  const claim = fc.record(
    {
      kind: typo(kinds),
      quantity: fc.oneof(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 1_000_000 })),
      selector: fc.dictionary(typo(labels), typo(values), { minKeys: 1, maxKeys: 2 }),
    },
    { requiredKeys: ['kind', 'quantity'] },
  );
  const claims = fc.array(claim, { minLength: 1, maxLength: 3 });
  return fc.record({
    clientRequestId: fc.uuid(),
    options: fc.array(fc.record({ claims }), { minLength: 1, maxLength: 2 }),
    terms: fc.record({
      class: typo(classes.map(({ name }) => name)),
      durationSeconds: fc.oneof(fc.constant(600), fc.integer({ min: 1, max: 1e9 })),
    }),
  });
}

const anyone = ({ agents }: Configuration) =>
  agents.map(({ id, department }) => `agent:${department}:${id}`)[0]!;

/** Refused for its quantity and nothing else, as draws seldom are: most of them fail an earlier check. */
const farTooMuch = ({ classes }: Configuration) => ({
  clientRequestId: 'far-too-much',
  options: [{ claims: [{ kind: 'gpu', quantity: 1_000_000 }] }],
  terms: { class: classes[0]!.name, durationSeconds: 600 },
});

it('every suggestion is accepted as it stands, and nearly every refusal has one', {
  timeout: 120_000,
}, async () => {
  const configuration = await acme();
  const agents = configuration.agents.filter(({ roles }) => roles.includes('agent'));
  const edge = await anEdge({ server: { configuration: () => configuration } });
  const tokens = fc.constantFrom(...agents).map(({ id, department }) => `agent:${department}:${id}`);
  const counts = { refused: 0, suggested: 0 };
  const codes = new Set<ProblemCode>();
  await fc.assert(
    fc.asyncProperty(tokens, wrongBodies(configuration), async (as, body) => {
      const submit = (sent: unknown) => edge.call({ method: 'POST', url: '/v1/requests', as, body: sent });
      const first = await submit(body);
      if (first.statusCode === 202) return;
      const problem = first.json<ProblemDocument>();
      counts.refused += 1;
      codes.add(problem.code);
      const suggestion = problem.errors[0]?.suggestion;
      if (suggestion === undefined) return;
      counts.suggested += 1;
      const again = await submit(suggestion);
      expect([again.statusCode, again.statusCode === 202 ? '' : again.body]).toEqual([202, '']);
    }),
    { numRuns: 600, examples: [[anyone(configuration), farTooMuch(configuration)]] },
  );
  expect(counts.refused).toBeGreaterThan(200);
  expect(counts.suggested / counts.refused).toBeGreaterThan(0.9);
  const want = [
    'UNKNOWN_CLASS',
    'UNKNOWN_KIND',
    'UNKNOWN_LABEL',
    'NEVER_FITS',
    'CLAIM_INVALID',
    'TIME_RANGE',
  ];
  expect([...codes].sort()).toEqual(want.sort());
});
