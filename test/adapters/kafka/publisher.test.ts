// What the publisher asks of a Kafka client, call by call, and what it makes of its errors.
import { KafkaJSNumberOfRetriesExceeded, KafkaJSProtocolError } from 'kafkajs';
import { describe, expect, it } from 'vitest';
import type { OutgoingRecord, RecordSender } from '../../../adapters/kafka/client.ts';
import { SenderPublisher } from '../../../adapters/kafka/publisher.ts';
import { anEvent, events } from '../../support/relay.ts';

class FakeSender implements RecordSender {
  readonly sent: (readonly OutgoingRecord[])[] = [];
  connects = 0;
  closes = 0;
  /** Thrown by the next calls, one each. */
  readonly faults: Error[] = [];

  async connect(): Promise<void> {
    this.connects += 1;
    this.#fail();
  }

  async close(): Promise<void> {
    this.closes += 1;
  }

  async send(records: readonly OutgoingRecord[]): Promise<void> {
    this.sent.push(records);
    this.#fail();
  }

  #fail(): void {
    const fault = this.faults.shift();
    if (fault) throw fault;
  }
}

/** One fake is every sender that the publisher makes; `connects` counts them. */
function start(limits: { recordBytesMax?: number; requestBytesMax?: number } = {}) {
  const sender = new FakeSender();
  return { sender, publisher: new SenderPublisher(() => sender, { cell: 'main', ...limits }) };
}

/** As kafkajs makes them from a broker's code. */
function protocolError(type: string): Error {
  return Object.assign(new KafkaJSProtocolError(type), { type });
}

/** As kafkajs wraps what it has tried often enough. */
function gaveUp(cause: Error): Error {
  return new KafkaJSNumberOfRetriesExceeded(cause, { retryCount: 1, retryTime: 50, cause } as never);
}

const keysOf = (records: readonly OutgoingRecord[], topic: string) =>
  records.filter((record) => record.topic === topic).map(({ key }) => key);

describe('the Kafka publisher', () => {
  it('puts the events of a department on its topic, and those of all on that of the auditors, in order', async () => {
    const { sender, publisher } = start();
    const departments = ['hr', 'legal', 'hr', 'hr'];
    await publisher.publish(
      departments.map((department, i) => anEvent(i + 1, { department, request: `req_${i}` })),
    );
    const [records = []] = sender.sent;
    expect(keysOf(records, 'annona.main.decisions.hr')).toEqual(['req_0', 'req_2', 'req_3']);
    expect(keysOf(records, 'annona.main.decisions.legal')).toEqual(['req_1']);
    expect(keysOf(records, 'annona.main.audit')).toEqual(['req_0', 'req_1', 'req_2', 'req_3']);
    expect(records).toHaveLength(8);
  });

  it('sends one request after the other, each under the limit, in order', async () => {
    const { sender, publisher } = start({ requestBytesMax: 2000 });
    const committed = events(20);
    await publisher.publish(committed);
    expect(sender.sent.length).toBeGreaterThan(3);
    const sizes = sender.sent.map((records) => records.reduce((bytes, { value }) => bytes + value.length, 0));
    expect(Math.max(...sizes)).toBeLessThan(2000);
    const ids = sender.sent.flat().filter(({ topic }) => topic === 'annona.main.audit');
    expect(ids.map(({ headers }) => headers.ce_id)).toEqual(committed.map(({ id }) => id));
  });

  it('sends no request after one that failed', async () => {
    const { sender, publisher } = start({ requestBytesMax: 2000 });
    await publisher.publish(events(1));
    sender.faults.push(new Error('down'));
    await expect(publisher.publish(events(20))).rejects.toThrow('down');
    expect(sender.sent).toHaveLength(2);
  });

  it('connects when it has something to send, once', async () => {
    const { sender, publisher } = start();
    expect(sender.connects).toBe(0);
    await publisher.publish(events(1));
    await publisher.publish(events(1));
    expect(sender).toMatchObject({ connects: 1, closes: 0 });
  });

  it('starts over with a new sender after an outage, and only then', async () => {
    const { sender, publisher } = start();
    sender.faults.push(new Error('connection refused'));
    await expect(publisher.publish(events(1))).rejects.toThrow('connection refused');
    expect(sender).toMatchObject({ connects: 1, closes: 1, sent: [] });
    await publisher.publish(events(1));
    sender.faults.push(new Error('request timed out'));
    await expect(publisher.publish(events(1))).rejects.toThrow('request timed out');
    expect(sender).toMatchObject({ connects: 2, closes: 2 });
    await publisher.publish(events(1));
    sender.faults.push(protocolError('INVALID_RECORD'));
    await publisher.publish(events(1));
    await publisher.publish(events(1));
    expect(sender).toMatchObject({ connects: 3, closes: 2 });
  });

  it('refuses a record over its limit without sending anything', async () => {
    const { sender, publisher } = start({ recordBytesMax: 5000 });
    const large = anEvent(2, { data: { text: 'ä'.repeat(2500) } });
    const publication = await publisher.publish([anEvent(1), large]);
    expect(publication).toEqual({
      type: 'refused',
      reason: expect.stringMatching(/^\d+ bytes are over the limit of 5000$/),
    });
    expect(sender.sent).toEqual([]);
  });

  it('takes a broker’s refusal for one, however deep kafkajs has wrapped it', async () => {
    const { sender, publisher } = start();
    await publisher.publish(events(1));
    sender.faults.push(gaveUp(gaveUp(protocolError('MESSAGE_TOO_LARGE'))));
    expect(await publisher.publish(events(1))).toEqual({ type: 'refused', reason: 'MESSAGE_TOO_LARGE' });
  });

  it('takes what one of several brokers refused for a refusal, as @platformatic/kafka collects it', async () => {
    const { sender, publisher } = start();
    await publisher.publish(events(1));
    const refused = Object.assign(new Error('refused'), { apiId: 'RECORD_LIST_TOO_LARGE' });
    sender.faults.push(new AggregateError([new Error('down'), new AggregateError([refused])]));
    expect(await publisher.publish(events(1))).toEqual({ type: 'refused', reason: 'RECORD_LIST_TOO_LARGE' });
  });

  it('creates topics before the first record of a department, where it is told to', async () => {
    const sender = new FakeSender();
    const ensured: (readonly string[])[] = [];
    const publisher = new SenderPublisher(() => sender, {
      cell: 'main',
      ensure: async (departments) => {
        expect(sender.sent).toHaveLength(ensured.length);
        ensured.push(departments);
      },
    });
    await publisher.publish([anEvent(1, { department: 'hr' })]);
    await publisher.bury(anEvent(2, { department: 'legal' }), 'INVALID_RECORD');
    expect(ensured).toEqual([['hr'], ['legal']]);
  });

  it.each([
    'NOT_LEADER_FOR_PARTITION',
    'TOPIC_AUTHORIZATION_FAILED',
    'UNKNOWN_TOPIC_OR_PARTITION',
    'NOT_ENOUGH_REPLICAS',
  ])('takes %s for an outage: somebody can heal it', async (type) => {
    const { sender, publisher } = start();
    await publisher.publish(events(1));
    sender.faults.push(gaveUp(protocolError(type)));
    await expect(publisher.publish(events(1))).rejects.toThrow(type);
  });

  it('buries an event on its department’s dead letters, with its headers and the reason', async () => {
    const { sender, publisher } = start();
    await publisher.bury(anEvent(7, { department: 'hr' }), 'INVALID_RECORD');
    const [record] = sender.sent[0]!;
    expect(record).toMatchObject({
      topic: 'annona.main.dead-letters.hr',
      key: 'req_0',
      headers: { ce_id: anEvent(7).id, annona_reason: 'INVALID_RECORD', annona_value: 'kept' },
    });
    expect(JSON.parse(record!.value)).toMatchObject({ id: anEvent(7).id });
  });

  it('leaves a large value out of a dead letter, and says so', async () => {
    const { sender, publisher } = start({ requestBytesMax: 1000 });
    await publisher.bury(anEvent(7, { data: { text: 'x'.repeat(1000) } }), 'too large');
    const [message] = sender.sent[0]!;
    expect(message).toMatchObject({ value: '', headers: { annona_value: 'left out' } });
  });
});
