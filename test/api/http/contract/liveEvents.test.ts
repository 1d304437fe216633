// What real ticks on PostgreSQL make of grants, waits, denials, extensions, releases and cancels: every event fits the contract.

import { Ajv } from 'ajv';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { cloudEvent } from '../../../../adapters/kafka/cloudEvent.ts';
import { eventSchema } from '../../../../api/http/schemas/events.ts';
import { parseInstant } from '../../../../api/http/time.ts';
import type { DomainEvent, ExtensionId } from '../../../../scheduler/index.ts';
import { type LiveCell, liveCell } from '../../../promises/liveCell.ts';
import { aConfiguration, aPool, aRequest } from '../../../support/builders.ts';

const ajv = new Ajv({ strict: false, formats: { instant: (text: string) => parseInstant(text) !== null } });

let cell: LiveCell;
let events: readonly DomainEvent[];
beforeAll(async () => {
  cell = await liveCell(aConfiguration().pool(aPool('gpu-a').gpu(4)));
  await history();
  events = await cell.adapter.logs.read('main', 0, 10_000);
});
afterAll(() => cell.close());

async function history(): Promise<void> {
  const leader = await cell.elect();
  const granted = [1, 2].map((n) => aRequest(n).gpu(1).build());
  const waiting = [3, 4].map((n) => aRequest(n).gpu(4).build());
  await cell.submit(...granted);
  await leader.settle();
  await cell.submit(...waiting);
  await leader.settle();
  const [first, second] = granted.map((request) => leader.leaseOf(request));
  await cell.adapter.heartbeatWriter.heartbeat(
    { type: 'agent', department: first!.department, agent: first!.agent },
    first!.id,
    first!.epoch,
  );
  const extend = { type: 'extend', lease: first!.id, epoch: first!.epoch, seconds: 5 } as const;
  await cell.act({ ...extend, extension: 'ext_00000001' as ExtensionId }, first!);
  await cell.act({ type: 'cancel', request: waiting[0]!.id }, waiting[0]!);
  await leader.settle();
  await cell.act({ type: 'release', lease: second!.id, epoch: second!.epoch }, second!);
  await leader.settle();
}

it('the history made events of many types', () => {
  const types = new Set(events.map(({ type }) => type));
  const want = [
    'annona.request.granted.v1',
    'annona.request.waiting.v1',
    'annona.request.cancelled.v1',
    'annona.lease.granted.v1',
    'annona.lease.activated.v1',
    'annona.lease.extended.v1',
    'annona.lease.released.v1',
  ] as const;
  expect([...types]).toEqual(expect.arrayContaining([...want]));
});

it('each of them fits the schema of its type', () => {
  for (const event of events) {
    const validate = ajv.compile(eventSchema(event.type));
    const document = JSON.parse(cloudEvent(event, 'main').value);
    expect([event.type, validate(document), validate.errors]).toEqual([event.type, true, null]);
  }
});
