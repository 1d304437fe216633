// From Rego to a plan: a compiled bundle's constraints through the policy's worker, the gate and whole ticks, with and without; each tick is
// verified as anybody could, and its file by the command.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { policyDataOf } from '../../../api/policyData.ts';
import { policyGate } from '../../../api/roles/policyGate.ts';
import type { PolicyBundle } from '../../../policies/index.ts';
import { policyCompiler, workerPolicy } from '../../../policies/node.ts';
import { type CommitObserver, parseTickFile, toTickFile } from '../../../scheduler/index.ts';
import { aRequest as aCompilation, HEADER, sample } from '../../policies/authoring/sample.ts';
import { aTickRig, submitted } from '../../scheduler/support/tickRig.ts';
import { aConfiguration, aPool, aRequest, aState, NOW } from '../../support/builders.ts';
import { decidedOf, verifyingObserver } from '../../support/verified.ts';
import { ran } from '../cli/recording.ts';

const compiler = policyCompiler();
const home = mkdtempSync(join(tmpdir(), 'annona-rules-'));
afterAll(async () => {
  await compiler.close();
  rmSync(home, { recursive: true, force: true });
});

async function bundleOf(text: string): Promise<PolicyBundle> {
  const sources = sample(`${HEADER}SAMPLE(row) := false if row.purpose != ""\n\n${text}`);
  const { bundle, problems } = await compiler.compile(aCompilation({ command: 'build', sources }));
  if (!bundle) throw new Error(JSON.stringify(problems));
  return { wasm: new Uint8Array(Buffer.from(bundle.wasm, 'base64')).buffer, manifest: bundle.manifest };
}

const constraint = (form: string, said: string, mode = 'enforce') => `# METADATA
# title: A constraint
# custom:
#   mode: ${mode}
#   severity: low
#   remedy: Take an A100.
#   constraint: ${form}
${said}
`;

const organisation = () =>
  aConfiguration()
    .department('research')
    .agent('ada')
    .agent('bea')
    .pool(aPool('gpu-a').gpu(2, 'a100'), aPool('gpu-h').gpu(4, 'h100'));

/** One tick for each list of requests, in one state, under the bundle of `text`. */
async function ticked(text: string, ...batches: readonly (readonly ReturnType<typeof aRequest>[])[]) {
  const state = aState(organisation()).build();
  const { configuration } = state;
  const service = await workerPolicy({ bundle: await bundleOf(text), data: policyDataOf(configuration) });
  const told: string[] = [];
  const gate = policyGate(service, { tell: (line) => void told.push(line) });
  const rig = aTickRig(state);
  const files: unknown[] = [];
  const observer: CommitObserver = {
    committed(commit, decided) {
      verifyingObserver.committed(commit, decided);
      files.push(
        toTickFile(decided!.snapshot, {
          decided: decidedOf(commit, decided!),
          warm: commit.record.warm ?? null,
        }),
      );
    },
  };
  rig.ports = { ...rig.ports, policy: gate, observer };
  try {
    for (const [i, requests] of batches.entries()) {
      const now = NOW + i * 1000;
      await rig.tick({ rows: requests.map((one) => submitted(one.build(), now)), now });
    }
  } finally {
    await service.close();
  }
  const held = [...rig.state.leases.values()].map(({ request, allocations }) => [
    Number(request.slice(4)),
    allocations.map(({ pool, quantity }) => `${quantity} ${pool}`).join(),
  ]);
  return {
    rig,
    told,
    files,
    granted: Object.fromEntries(held) as Record<string, string>,
    record: rig.last().record,
  };
}

const h100 = (n: number, quantity = 1) => aRequest(n).gpu(quantity).prefer('h100', 'a100');
const FEW_H100 = (mode?: string) =>
  constraint(
    '{kind: sum, op: "<="}',
    'FEW_H100 contains {"over": {"kinds": ["gpu"], "labels": {"model": "h100"}}, "terms": [{"coef": 1, "per": "unit"}], "rhs": 2}',
    mode,
  );

describe('a hard sum', () => {
  it('changes the plan', async () => {
    const requests = [1, 2, 3].map((n) => h100(n));
    const without = await ticked('', requests);
    const under = await ticked(FEW_H100(), requests);
    expect(without.granted).toEqual({ 1: '1 gpu-h', 2: '1 gpu-h', 3: '1 gpu-h' });
    expect(Object.values(under.granted).sort()).toEqual(['1 gpu-a', '1 gpu-h', '1 gpu-h']);
    expect(under.record.rules).toBeUndefined();
  });

  it('counts leases from tick to tick, and tells whoever waits the rule, the numbers and the remedy', async () => {
    const only = (n: number) => aRequest(n).gpu(2, { model: 'h100' });
    const { granted, rig } = await ticked(FEW_H100(), [only(1)], [only(2)]);
    expect(granted).toEqual({ 1: '2 gpu-h' });
    const decided = rig.last().changes.find((change) => change.type === 'decided');
    expect(decided).toMatchObject({
      outcome: 'waiting',
      reasons: [
        {
          code: 'POLICY_LIMIT',
          remedy: 'Take an A100.',
          short: [{ what: 'FEW_H100', requested: 2, available: 0, held: 2 }],
        },
      ],
    });
  });

  it.each(['warn', 'dryrun'])('in mode %s changes nothing and is told with the tick', async (mode) => {
    const requests = [1, 2, 3].map((n) => h100(n));
    const looked = await ticked(FEW_H100(mode), requests);
    expect(looked.granted).toEqual((await ticked('', requests)).granted);
    expect(looked.record.rules).toEqual([{ id: 'FEW_H100', mode, op: '<=', sum: 3, limit: 2 }]);
  });
});

it('a file of each tick decides to the same bytes again, and is verified by the command', async () => {
  const text =
    FEW_H100() +
    constraint('{kind: weight}', 'BEA contains {"over": {"agents": ["bea"]}, "coef": 30}') +
    constraint(
      '{kind: sum, op: ">=", price: 20}',
      'FLOOR contains {"over": {"agents": ["ada"]}, "terms": [{"coef": 1, "per": "grant"}], "rhs": 1}',
    ) +
    constraint(
      '{kind: separation}',
      'APART contains {"first": {"pools": ["gpu-a"]}, "second": {"pools": ["gpu-h"]}}',
    ) +
    constraint(
      '{kind: sum, op: "<="}',
      'WATCHED contains {"over": {}, "terms": [{"coef": 1, "per": "unit"}], "rhs": 1}',
      'warn',
    );
  const requests = [1, 2, 3, 4].map((n) => h100(n).by(n % 2 === 0 ? 'bea' : 'ada'));
  const { files, record } = await ticked(text, requests, [h100(5)]);
  expect(files).toHaveLength(2);
  expect(record.rules).toMatchObject([{ id: 'WATCHED', mode: 'warn' }]);
  for (const [i, file] of files.entries()) {
    const path = join(home, `tick-${i}.json`);
    writeFileSync(path, JSON.stringify(file));
    const verified = await ran('verify', path);
    expect([verified.exitCode, verified.err]).toEqual([0, '']);
    expect(verified.out).toMatch(/^ok +policy +.*WATCHED \(warn\): \d, and <= 1 is wanted/m);
    const parsed = parseTickFile(JSON.parse(JSON.stringify(file)));
    expect(parsed.ok).toBe(true);
    const again = await ran('tick', path, '--json');
    expect(JSON.parse(again.out).file.decided).toEqual(JSON.parse(JSON.stringify(file)).decided);
    // Without its rules it is another tick.
    const { policyRows: _, ...other } = file as Record<string, unknown>;
    writeFileSync(path, JSON.stringify(other));
    expect((await ran('verify', path)).exitCode).toBe(7);
  }
});

it('names that the organisation does not have are told when it is taken up', async () => {
  const configuration = organisation().build();
  const bundle = await bundleOf(
    constraint('{kind: weight}', 'W contains {"over": {"pools": ["gpu-z"], "agents": ["zoe"]}, "coef": 1}'),
  );
  const service = await workerPolicy({ bundle, data: policyDataOf(configuration) });
  const told: string[] = [];
  const gate = policyGate(service, { tell: (line) => void told.push(line) });
  await gate.adopt(configuration);
  expect(told).toEqual(['policy: W: agents has no "zoe"', 'policy: W: no pool is "gpu-z"']);
  expect(gate.rules).toBe(gate.rules);
  await service.close();
});
