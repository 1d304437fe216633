// What the publisher asks of kafkajs, call by call, and what it makes of its errors.
import { KafkaJSNumberOfRetriesExceeded, KafkaJSProtocolError, type ProducerBatch } from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { ProducerPublisher, type RecordProducer } from '../../../adapters/kafka/publisher.ts';
import { anEvent, events } from '../../support/relay.ts';

class FakeProducer implements RecordProducer {
  readonly sent: ProducerBatch[] = [];
  connects = 0;
  disconnects = 0;
  /** Thrown by the next calls, one each. */
  readonly faults: Error[] = [];

  async connect(): Promise<void> {
    this.connects += 1;
    this.#fail();
  }

  async disconnect(): Promise<void> {
    this.disconnects += 1;
  }

  async sendBatch(batch: ProducerBatch) {
    this.sent.push(batch);
    this.#fail();
    return [];
  }

  #fail(): void {
    const fault = this.faults.shift();
    if (fault) throw fault;
  }
}

/** One fake is every producer that the publisher makes; `connects` counts them. */
function start(limits: { recordBytesMax?: number; requestBytesMax?: number } = {}) {
  const producer = new FakeProducer();
  return { producer, publisher: new ProducerPublisher(() => producer, { cell: 'main', ...limits }) };
}

/** As kafkajs makes them from a broker's code. */
function protocolError(type: string): Error {
  return Object.assign(new KafkaJSProtocolError(type), { type });
}

/** As kafkajs wraps what it has tried often enough. */
function gaveUp(cause: Error): Error {
  return new KafkaJSNumberOfRetriesExceeded(cause, { retryCount: 1, retryTime: 50, cause } as never);
}

const keysOf = (batch: ProducerBatch) =>
  batch.topicMessages!.map(({ topic, messages }) => [topic, messages.map(({ key }) => key)]);

describe('the Kafka publisher', () => {
  it('asks for the acknowledgement of all replicas in sync', async () => {
    const { producer, publisher } = start();
    await publisher.publish(events(3));
    expect(producer.sent).toMatchObject([{ acks: -1 }]);
  });

  it('puts the events of a department on its topic, in order', async () => {
    const { producer, publisher } = start();
    const departments = ['hr', 'legal', 'hr', 'hr'];
    await publisher.publish(
      departments.map((department, i) => anEvent(i + 1, { department, request: `req_${i}` })),
    );
    expect(keysOf(producer.sent[0]!)).toEqual([
      ['annona.main.decisions.hr', ['req_0', 'req_2', 'req_3']],
      ['annona.main.decisions.legal', ['req_1']],
    ]);
  });

  it('sends one request after the other, each under the limit, in order', async () => {
    const { producer, publisher } = start({ requestBytesMax: 2000 });
    const committed = events(20);
    await publisher.publish(committed);
    const requests = producer.sent.map((batch) => batch.topicMessages!.flatMap(({ messages }) => messages));
    expect(requests.length).toBeGreaterThan(3);
    const sizes = requests.map((messages) => messages.reduce((bytes, { value }) => bytes + value!.length, 0));
    expect(Math.max(...sizes)).toBeLessThan(2000);
    const ids = requests.flat().map(({ headers }) => headers!.ce_id);
    expect(ids).toEqual(committed.map(({ id }) => id));
  });

  it('sends no request after one that failed', async () => {
    const { producer, publisher } = start({ requestBytesMax: 2000 });
    await publisher.publish(events(1));
    producer.faults.push(new Error('down'));
    await expect(publisher.publish(events(20))).rejects.toThrow('down');
    expect(producer.sent).toHaveLength(2);
  });

  it('connects when it has something to send, once', async () => {
    const { producer, publisher } = start();
    expect(producer.connects).toBe(0);
    await publisher.publish(events(1));
    await publisher.publish(events(1));
    expect(producer).toMatchObject({ connects: 1, disconnects: 0 });
  });

  it('starts over with a new producer after an outage, and only then', async () => {
    const { producer, publisher } = start();
    producer.faults.push(new Error('connection refused'));
    await expect(publisher.publish(events(1))).rejects.toThrow('connection refused');
    expect(producer).toMatchObject({ connects: 1, disconnects: 1, sent: [] });
    await publisher.publish(events(1));
    producer.faults.push(new Error('request timed out'));
    await expect(publisher.publish(events(1))).rejects.toThrow('request timed out');
    expect(producer).toMatchObject({ connects: 2, disconnects: 2 });
    await publisher.publish(events(1));
    producer.faults.push(protocolError('INVALID_RECORD'));
    await publisher.publish(events(1));
    await publisher.publish(events(1));
    expect(producer).toMatchObject({ connects: 3, disconnects: 2 });
  });

  it('refuses a record over its limit without sending anything', async () => {
    const { producer, publisher } = start({ recordBytesMax: 5000 });
    const large = anEvent(2, { data: { text: 'ä'.repeat(2500) } });
    const publication = await publisher.publish([anEvent(1), large]);
    expect(publication).toEqual({
      type: 'refused',
      reason: expect.stringMatching(/^\d+ bytes are over the limit of 5000$/),
    });
    expect(producer.sent).toEqual([]);
  });

  it('takes a broker’s refusal for one, however deep kafkajs has wrapped it', async () => {
    const { producer, publisher } = start();
    await publisher.publish(events(1));
    producer.faults.push(gaveUp(gaveUp(protocolError('MESSAGE_TOO_LARGE'))));
    expect(await publisher.publish(events(1))).toEqual({ type: 'refused', reason: 'MESSAGE_TOO_LARGE' });
  });

  it.each([
    'NOT_LEADER_FOR_PARTITION',
    'TOPIC_AUTHORIZATION_FAILED',
    'UNKNOWN_TOPIC_OR_PARTITION',
    'NOT_ENOUGH_REPLICAS',
  ])('takes %s for an outage: somebody can heal it', async (type) => {
    const { producer, publisher } = start();
    await publisher.publish(events(1));
    producer.faults.push(gaveUp(protocolError(type)));
    await expect(publisher.publish(events(1))).rejects.toThrow(type);
  });

  it('buries an event on its department’s dead letters, with its headers and the reason', async () => {
    const { producer, publisher } = start();
    await publisher.bury(anEvent(7, { department: 'hr' }), 'INVALID_RECORD');
    const [{ topic, messages } = { topic: '', messages: [] }] = producer.sent[0]!.topicMessages!;
    expect(topic).toBe('annona.main.dead-letters.hr');
    expect(messages).toMatchObject([
      {
        key: 'req_0',
        headers: { ce_id: anEvent(7).id, annona_reason: 'INVALID_RECORD', annona_value: 'kept' },
      },
    ]);
    expect(JSON.parse(String(messages[0]!.value))).toMatchObject({ id: anEvent(7).id });
  });

  it('leaves a large value out of a dead letter, and says so', async () => {
    const { producer, publisher } = start({ requestBytesMax: 1000 });
    await publisher.bury(anEvent(7, { data: { text: 'x'.repeat(1000) } }), 'too large');
    const [message] = producer.sent[0]!.topicMessages![0]!.messages;
    expect(message).toMatchObject({ value: '', headers: { annona_value: 'left out' } });
  });
});
