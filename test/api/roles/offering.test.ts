// The lines before offers and what it would take: bounded, in turn, by the memory of their turn, and never the tick's solver.

import { afterEach, expect, it } from 'vitest';
import { sha256 } from '../../../adapters/system/digest.ts';
import { createOffering, type OfferingService } from '../../../api/roles/offering.ts';
import { keepPrograms, lookOver, type State, takeSnapshot } from '../../../scheduler/index.ts';
import { aTickRig, intake, submitted } from '../../scheduler/support/tickRig.ts';
import { aConfiguration, aPool, aRequest, aState, NOW } from '../../support/builders.ts';

let open: OfferingService | null = null;
afterEach(async () => {
  await open?.close();
  open = null;
});

const SIGHT = { type: 'all' } as const;
const large = aRequest(1).gpu(8).build();

/** Nine GPUs of which two smaller requests got four each; a large one waits, and one is left. */
async function aCell({ holdPercent = 2 } = {}) {
  const organisation = aConfiguration().department('research').agent('ada').agent('bob').agent('cleo');
  const configuration = organisation.pool(aPool('gpu-a').gpu(9)).build();
  const rig = aTickRig(aState({ ...configuration, reservations: { holdPercent } }).build());
  const programs = keepPrograms();
  const { observer } = rig.ports;
  rig.ports = {
    ...rig.ports,
    observer: {
      committed(commit, decided) {
        observer.committed(commit, decided);
        programs.committed(commit, decided);
      },
    },
  };
  const small = ['bob', 'cleo'].map((agent, i) =>
    aRequest(i + 2)
      .by(agent)
      .gpu(4)
      .build(),
  );
  await rig.tick({ rows: [large, ...small].map((request) => submitted(request)) });
  const leader = { state: rig.state as State | null };
  const { policy, solveOptions } = rig.ports;
  const offering = createOffering({
    ports: { policy, solveOptions, digest: sha256 },
    look: () => leader.state && lookOver(leader.state, takeSnapshot(leader.state, NOW)),
    programs,
    now: () => NOW,
    watchdogMs: 60_000,
  });
  open = offering;
  return { rig, leader, offering };
}

it('says what is left over, the price, and whom it would displace', async () => {
  const { offering } = await aCell();
  expect(await offering.offers(large.id)).toMatchObject({
    type: 'offers',
    tick: 1,
    offers: [{ changes: [{ field: 'quantity', from: 8, to: 1 }] }],
  });
  const answer = await offering.whatItTakes(large.id, SIGHT);
  expect(answer).toMatchObject({ type: 'answered', takes: { tick: 1, standing: 'displaces' }, stronger: [] });
  if (answer.type !== 'answered') throw new Error('it was not answered');
  expect(answer.takes?.displaced).toHaveLength(2);
});

it('says which offer is held, and offers its units to nobody', async () => {
  const { rig, offering } = await aCell({ holdPercent: 20 });
  const answer = await offering.offers(large.id);
  if (answer.type !== 'offers') throw new Error('it was not answered');
  const [offer] = answer.offers;
  const holding = { ...aRequest(7).build(), options: offer!.options, terms: offer!.terms };
  const holds = { request: large.id, offer: offer!.id, tick: 1 };
  await rig.tick({ rows: [intake({ type: 'submit', request: holding, holds }, holding)] });
  const holdOf = { request: large.id, offer: offer!.id, until: NOW + 10_000, tick: 2 };
  expect(await offering.offers(large.id)).toMatchObject({ offers: [], held: { id: holding.id, holdOf } });
  expect(await offering.offers(holding.id)).toEqual({ type: 'offers', tick: 2, at: NOW, offers: [] });
});

it('offers nothing that the policy denies', async () => {
  const { rig, offering } = await aCell();
  rig.denied.set('ada', ['NO_MORE']);
  expect(await offering.offers(large.id)).toMatchObject({ type: 'offers', offers: [] });
});

it('takes on as many as its lines hold, and refuses the rest at once', async () => {
  const { offering } = await aCell();
  const takes = await Promise.all(Array.from({ length: 7 }, () => offering.whatItTakes(large.id, SIGHT)));
  expect(takes.map(({ type }) => type)).toEqual([...Array(4).fill('answered'), ...Array(3).fill('busy')]);
  const offers = await Promise.all(Array.from({ length: 20 }, () => offering.offers(large.id)));
  expect(offers.filter(({ type }) => type === 'busy')).toHaveLength(4);
  expect(await offering.offers(large.id)).toMatchObject({ type: 'offers' });
});

it('says so when the request does not wait, or this process stops leading while it is in line', async () => {
  const { leader, offering } = await aCell();
  expect(await offering.offers(aRequest(2).build().id)).toEqual({ type: 'notWaiting' });
  const asked = offering.whatItTakes(large.id, SIGHT);
  leader.state = null;
  expect(await asked).toEqual({ type: 'notLeading' });
  expect(await offering.offers(large.id)).toEqual({ type: 'notLeading' });
});
