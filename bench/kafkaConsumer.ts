// A process that follows the decisions of every department out of Kafka, as an agent's host would, and notes when the first of each request came.
// Invariant: times are of the monotonic clock that all processes of a Linux share. Forked by consumed.ts, which it ends with.

import { subscribe } from '../api/roles/subscribe.ts';
import type { ConsumerStart, FromConsumer, ToConsumer } from './consumed.ts';

const { brokers, cell, departments } = JSON.parse(process.argv[2]!) as ConsumerStart;
const DECISIONS = new Set([
  'annona.request.granted.v1',
  'annona.request.waiting.v1',
  'annona.request.denied.v1',
]);

const first = new Map<string, number>();
const say = (message: FromConsumer): void => void process.send!(message);
const subscription = subscribe({
  brokers,
  cell,
  departments,
  group: `${cell}-bench`,
  apply({ type, request }) {
    if (DECISIONS.has(type) && !first.has(request)) first.set(request, Number(process.hrtime.bigint()) / 1e6);
  },
  report: (line) => process.stderr.write(`${line}\n`),
});

process.on('message', (message: ToConsumer) => {
  if (message.type === 'collect') say({ type: 'consumed', first: [...first] });
  else void subscription.stop().then(() => process.exit(0));
});
process.on('disconnect', () => process.exit(0));
say({ type: 'started' });
await subscription.done;
