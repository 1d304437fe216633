// Granted columns to a plan: agent groups split, windows placed, reservations merged.
import { describe, expect, it } from 'vitest';
import { decode } from '../../scheduler/decode.ts';
import { formulate, newMemo } from '../../scheduler/formulate/index.ts';
import { verifyPlan } from '../../scheduler/verify.ts';
import { aConfiguration, aPool, aRequest, aState, NOW } from '../support/builders.ts';
import { decider } from '../support/decided.ts';

const decide = decider();

describe('an agent group', () => {
  const team = () =>
    aConfiguration()
      .department('research')
      .agent('ada')
      .agent('bob')
      .agent('cleo')
      .pool(
        ...['ada', 'bob', 'cleo'].map((agent, i) =>
          aPool(`slot-${agent}`).agent(agent, [3, 2, 3][i]!, ['coding']),
        ),
      );

  it('is handed out by most free units, then by id', async () => {
    const requests = [1, 2, 3, 4, 5].map((n) => aRequest(n).assistant('coding'));
    const snapshot = aState(team())
      .used('slot-ada', 1)
      .request(...requests)
      .snapshot();
    const { plan } = await decide(snapshot);
    expect(verifyPlan(snapshot, plan)).toEqual({ ok: true });
    const pools = plan.assignments.map(({ allocations }) => allocations[0]?.pool);
    expect(pools).toEqual(['slot-cleo', 'slot-ada', 'slot-bob', 'slot-cleo', 'slot-ada']);
  });

  it('with a member beyond its concurrency still gives all that the others have', async () => {
    const requests = [1, 2, 3, 4].map((n) => aRequest(n).assistant('coding'));
    const snapshot = aState(team())
      .used('slot-ada', 5)
      .used('slot-cleo', 1)
      .request(...requests)
      .snapshot();
    const { plan } = await decide(snapshot);
    expect(verifyPlan(snapshot, plan)).toEqual({ ok: true });
    expect(plan.assignments.flatMap(({ allocations }) => allocations.map(({ pool }) => pool)).sort()).toEqual(
      ['slot-bob', 'slot-bob', 'slot-cleo', 'slot-cleo'],
    );
  });
});

describe('an assignment', () => {
  it('names the option, every claim in order, and ends after the duration', async () => {
    const configuration = aConfiguration().pool(
      aPool('gpu-a').gpu(1),
      aPool('cpu-a').cpu(8),
      aPool('ram').memory(64),
    );
    const request = aRequest().gpu(2).or().cpu(4).memory(16).seconds(90);
    const { plan } = await decide(aState(configuration).request(request).snapshot());
    const held = { startsAt: NOW, endsAt: NOW + 90_000 };
    expect(plan.assignments).toEqual([
      {
        request: request.build().id,
        option: 1,
        allocations: [
          { claim: 0, pool: 'cpu-a', kind: 'cpu', quantity: 4, ...held },
          { claim: 1, pool: 'ram', kind: 'memory', quantity: 16, ...held },
        ],
        reservations: [],
        endsAt: NOW + 90_000,
      },
    ]);
  });

  it('reserves once an account and period, all claims together', async () => {
    const configuration = aConfiguration()
      .account('team', 1000)
      .agent('ada', { accounts: ['team' as never] })
      .pool(aPool('gpu-a').gpu(4).price(60), aPool('licences').license(4).price(7));
    const request = aRequest().gpu(2).claim('license', 3).seconds(600);
    const { plan } = await decide(aState(configuration).request(request).snapshot());
    expect(plan.assignments[0]?.reservations).toEqual([{ account: 'team', period: 'now', amount: 20 + 21 }]);
  });
});

it('equal requests are granted in order of arrival', async () => {
  const configuration = aConfiguration().pool(aPool('gpu-a').gpu(6));
  const requests = [1, 2, 3, 4, 5].map((n) => aRequest(n).gpu(2));
  const { plan } = await decide(
    aState(configuration)
      .request(...requests)
      .snapshot(),
  );
  expect(plan.assignments.map(({ request }) => request)).toEqual(
    requests.slice(0, 3).map((r) => r.build().id),
  );
});

it('a solution of another program is a bug and throws', () => {
  const snapshot = aState(aConfiguration().pool(aPool())).request(aRequest().gpu(1)).snapshot();
  expect(() => decode(formulate(snapshot, newMemo()), { granted: new Uint8Array(7) }, snapshot)).toThrow(
    '7 columns for 1',
  );
});
