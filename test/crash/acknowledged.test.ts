// The rig's own check can fail: each kind of lost act, planted into a database that keeps its word.
import { expect, it } from 'vitest';
import type { StoreDump } from '../../adapters/memory/tables.ts';
import { lostActs, nothingAcknowledged } from './acknowledged.ts';

const BODY = { clientRequestId: 'key-1', options: [], terms: { class: 'standard', durationSeconds: 1 } };

function kept() {
  const acknowledged = nothingAcknowledged();
  acknowledged.submits.push({ agent: 'ada', body: BODY, id: 'req_1' });
  acknowledged.releases.push('lse_1');
  acknowledged.cancels.push('req_1');
  acknowledged.heartbeats.set('lse_1', 100);
  const request = { id: 'req_1', agent_id: 'ada', state: 'granted', document: { clientRequestId: 'key-1' } };
  const lease = { id: 'lse_1', request_id: 'req_2', ended_at_ms: 200 as number | null };
  const intake = [
    { act: 'submit', object_id: 'req_1', tick: 1 as number | null },
    { act: 'release', object_id: 'lse_1', tick: 2 },
    { act: 'cancel', object_id: 'req_1', tick: 2 },
  ];
  return { acknowledged, request, lease, intake, heartbeats: new Map([['lse_1', 150]]) };
}

type Kept = ReturnType<typeof kept>;

function lost({ acknowledged, request, lease, intake, heartbeats }: Kept): string[] {
  const dump = { request: [request], lease: [lease], intake } as unknown as StoreDump;
  return lostActs(acknowledged, { dump, heartbeats });
}

const LOSSES: Readonly<Record<string, (kept: Kept) => void>> = {
  'no request req_1': ({ request }) => Object.assign(request, { id: 'req_2' }),
  'req_1 has no decision': ({ request }) => Object.assign(request, { state: 'queued' }),
  "req_1 is another's": ({ request }) => Object.assign(request, { agent_id: 'bob' }),
  'release of lse_1 was never folded': ({ intake }) => Object.assign(intake[1]!, { tick: null }),
  'release of lse_1: it is still held': ({ lease }) => Object.assign(lease, { ended_at_ms: null }),
  'cancel of req_1 was never folded': ({ intake }) => void intake.pop(),
  'cancel of req_1: it goes on': ({ request }) => Object.assign(request, { state: 'waiting' }),
  'heartbeat of lse_1 at 100 is not recorded': ({ heartbeats }) => void heartbeats.set('lse_1', 99),
};

it('finds nothing lost where everything was kept', () => {
  expect(lost(kept())).toEqual([]);
});

it.each(Object.entries(LOSSES))('finds: %s', (wantLine, lose) => {
  const found = kept();
  lose(found);
  expect(lost(found).join('\n')).toContain(wantLine);
});
