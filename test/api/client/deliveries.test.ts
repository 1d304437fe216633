// What becomes of each record: applied once, in order, from a leader that is not replaced, of a type and version that is known.
import { describe, expect, it } from 'vitest';
import { cloudEvent } from '../../../adapters/kafka/cloudEvent.ts';
import { createDeliveries, rememberApplied, type StreamedRecord } from '../../../api/client/deliveries.ts';
import type { EventDocument } from '../../../api/client/index.ts';
import { anEvent } from '../../support/relay.ts';

const record = (sequence: number, { request = 'req_0', epoch = 2 } = {}): StreamedRecord =>
  cloudEvent({ ...anEvent(sequence, { request }), epoch }, 'main');

function start() {
  const events: EventDocument[] = [];
  const deliveries = createDeliveries((event) => void events.push(event));
  return { deliveries, ids: () => events.map(({ id }) => id) };
}

describe('deliveries', () => {
  it('apply each event once, and count what came again', async () => {
    const { deliveries, ids } = start();
    for (const sequence of [1, 2, 1, 3, 2]) await deliveries.take(record(sequence));
    expect(ids()).toEqual([anEvent(1).id, anEvent(2).id, anEvent(3).id]);
    expect(deliveries.counts()).toEqual({ applied: 3, repeated: 2, stale: 0, unknown: 0, malformed: 0 });
  });

  it('take an event for applied only when it was', async () => {
    let tries = 0;
    const deliveries = createDeliveries(() => {
      tries += 1;
      if (tries === 1) throw new Error('not now');
    });
    await expect(deliveries.take(record(1))).rejects.toThrow('not now');
    expect(await deliveries.take(record(1))).toMatchObject({ type: 'applied' });
    expect(await deliveries.take(record(1))).toMatchObject({ type: 'repeated' });
    expect(tries).toBe(2);
  });

  it('know what a process before them applied', async () => {
    const kept = rememberApplied();
    const first = createDeliveries(() => {}, kept);
    await first.take(record(1));
    const applied: string[] = [];
    const second = createDeliveries(({ id }) => void applied.push(id), kept);
    expect(await second.take(record(1))).toMatchObject({ type: 'repeated' });
    await second.take(record(2));
    expect(applied).toEqual([anEvent(2).id]);
  });

  it('leave out what a leader says that was replaced', async () => {
    const { deliveries, ids } = start();
    await deliveries.take(record(5, { epoch: 4 }));
    expect(await deliveries.take(record(6, { epoch: 3 }))).toMatchObject({ type: 'stale', epoch: 4 });
    // Of another request nothing was heard from the later one.
    await deliveries.take(record(7, { epoch: 3, request: 'req_1' }));
    expect(ids()).toEqual([anEvent(5).id, anEvent(7).id]);
  });

  it.each([
    ['annona.request.granted.v2', 'unknown'],
    ['org.example.other.v1', 'unknown'],
  ])('leave out the type %s, and count it', async (type, want) => {
    const { deliveries, ids } = start();
    const { headers, value } = record(1);
    const delivery = await deliveries.take({ headers: { ...headers, ce_type: type }, value });
    expect(delivery).toEqual({ type: want, what: type });
    expect(ids()).toEqual([]);
    expect(deliveries.counts()).toMatchObject({ unknown: 1, applied: 0 });
  });

  it('leave out what is no event', async () => {
    const { deliveries, ids } = start();
    const { headers, value } = record(1);
    const broken: StreamedRecord[] = [
      { headers: {}, value },
      { headers: { ...headers, ce_specversion: '0.3' }, value },
      { headers, value: '{' },
      { headers, value: 'null' },
      { headers, value: '' },
      { headers: { ...headers, ce_id: 'evt_other' }, value },
      { headers, value: JSON.stringify({ ...JSON.parse(value), epoch: '2' }) },
    ];
    for (const one of broken) expect(await deliveries.take(one)).toMatchObject({ type: 'malformed' });
    expect(ids()).toEqual([]);
    expect(deliveries.counts().malformed).toBe(broken.length);
  });

  it('remember so many, the latest', async () => {
    const kept = rememberApplied(2);
    const deliveries = createDeliveries(() => {}, kept);
    for (const sequence of [1, 2, 3]) await deliveries.take(record(sequence));
    expect(await deliveries.take(record(3))).toMatchObject({ type: 'repeated' });
    expect(await deliveries.take(record(2))).toMatchObject({ type: 'repeated' });
    expect(await deliveries.take(record(1))).toMatchObject({ type: 'applied' });
  });
});
