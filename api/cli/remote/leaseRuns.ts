// `annona lease …`: reads and holds leases over HTTP.
// Invariant: every act carries an epoch: the one that was given, or the one that the lease shows now.

import type { AnnonaClient, ExtensionView, HeldLease, LeaseView, View } from '../../client/index.ts';
import { newClientRequestId } from '../../roles/ids.ts';
import { stateText } from '../../states.ts';
import { CommandError, EXIT } from '../io.ts';
import { placeText } from '../place.ts';
import { stopSignal } from '../stopSignal.ts';
import { connect } from './connection.ts';
import { list } from './listing.ts';
import { flagOf, required, secondsOf, usage, wholeOf } from './options.ts';
import { type Column, firstOf, plain, showObject } from './output.ts';
import type { Invocation } from './spec.ts';

const LEASES: readonly Column[] = [
  ['id', 'id'],
  ['state', 'state'],
  ['department', 'department'],
  ['agent', 'agent'],
  ['epoch', 'epoch'],
  ['holds', (lease) => holds(lease as unknown as LeaseView)],
  ['ends', 'endsAt'],
  ['request', 'request'],
];

/** An extension is decided by the next tick; a busy server has a second for it. */
const ASKS_MAX = 40;
const ASK_PAUSE_MS = 50;

function holds({ allocations }: LeaseView): string {
  return allocations
    .map(({ quantity, pool, node, gpus }) => `${quantity} of ${pool}${placeText(node, gpus)}`)
    .join(' + ');
}

export const listLeases = (invocation: Invocation): Promise<number> =>
  list(invocation, {
    path: '/v1/leases',
    filters: ['state', 'department', 'agent', 'kind', 'pool'],
    columns: LEASES,
    none: 'no lease; try: npx annona request submit --gpu 1 --for 10m --wait 10',
  });

export async function getLease(invocation: Invocation): Promise<number> {
  const { client } = await connect(invocation);
  const lease = await leaseOf(invocation, client);
  const { allocations, ...rest } = lease;
  const shown = flagOf(invocation.options, 'json')
    ? lease
    : { ...rest, holds: holds({ allocations, ...rest }) };
  showObject(invocation, shown as unknown as View);
  return EXIT.done;
}

export async function heartbeat(invocation: Invocation): Promise<number> {
  const { io, options } = invocation;
  const { client } = await connect(invocation);
  const lease = await held(invocation, client);
  if (!flagOf(options, 'keep')) {
    showObject(invocation, (await client.heartbeat(lease.id, lease.epoch)) as unknown as View);
    return EXIT.done;
  }
  const kept = client.keepAlive(lease, {
    beat: (answer) => {
      if (flagOf(options, 'json')) io.out(JSON.stringify(answer));
      else io.out(`${answer.heartbeatAt}  ${answer.id} ${stateText(answer.state)} until ${answer.endsAt}`);
    },
  });
  const signal = stopSignal(() => {});
  signal.addEventListener('abort', () => void kept.stop(), { once: true });
  const end = await kept.ended;
  switch (end.type) {
    case 'stopped':
      return EXIT.done;
    case 'lost':
      throw end.problem;
    case 'unheard':
      throw end.error;
    default: {
      const never: never = end;
      throw new Error(`unknown end ${JSON.stringify(never)}`);
    }
  }
}

export async function extend(invocation: Invocation): Promise<number> {
  const seconds = secondsOf(invocation.options, 'by');
  if (seconds === undefined) throw usage('how much longer? Say --by 30m');
  const { client } = await connect(invocation);
  const lease = await held(invocation, client);
  const asked = await client.extend(lease, { seconds, key: newClientRequestId() });
  const extension = await decided(client, asked);
  showObject(invocation, extension as unknown as View);
  switch (extension.outcome) {
    case 'granted':
      return EXIT.done;
    case 'denied':
      throw new CommandError(
        `not extended: ${plain(extension.reasons.map(({ code }) => code))}. Try: npx annona lease extend ${lease.id} --by a shorter time`,
        EXIT.denied,
      );
    case 'pending':
      return EXIT.waiting;
    default: {
      const never: never = extension.outcome;
      throw new Error(`unknown outcome ${JSON.stringify(never)}`);
    }
  }
}

async function decided(client: AnnonaClient, asked: ExtensionView): Promise<ExtensionView> {
  let extension = asked;
  for (let ask = 0; ask < ASKS_MAX && extension.outcome === 'pending'; ask += 1) {
    await new Promise((done) => setTimeout(done, ASK_PAUSE_MS));
    extension = await client.extension(asked.id);
  }
  return extension;
}

export async function release(invocation: Invocation): Promise<number> {
  const { client } = await connect(invocation);
  const lease = await held(invocation, client);
  showObject(invocation, await client.release(lease.id, lease.epoch));
  invocation.io.err('the next tick ends it');
  return EXIT.done;
}

export async function acknowledge(invocation: Invocation): Promise<number> {
  const { client } = await connect(invocation);
  const lease = await held(invocation, client);
  showObject(invocation, await client.acknowledge(lease.id, lease.epoch));
  invocation.io.err('the next tick ends it, and takes its request up again');
  return EXIT.done;
}

/** `latest`: the newest one that the caller may see. */
async function leaseOf(invocation: Invocation, client: AnnonaClient): Promise<LeaseView> {
  const id = required(invocation, 0);
  if (id !== 'latest') return client.lease(id);
  const [newest] = await firstOf(client.leases({ limit: 1 }), 1);
  if (newest !== undefined) return newest;
  throw new CommandError('there is no lease yet. Try: npx annona request submit --gpu 1 --for 10m --wait 10');
}

async function held(invocation: Invocation, client: AnnonaClient): Promise<HeldLease> {
  const epoch = wholeOf(invocation.options, 'epoch');
  if (epoch !== undefined) return { id: required(invocation, 0), epoch };
  return leaseOf(invocation, client);
}
