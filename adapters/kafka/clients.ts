// The Kafka client of a name, whose library is loaded when it is first used: the two of them are 600 modules, and compile what they check
// as they load. A server without Kafka starts in two thirds of the processor time that it took with them.
// Invariant: calls reach the client in the order in which they were made. Called by the door, and by publisher.ts.

import type {
  KafkaClient,
  KafkaClientName,
  KafkaClientOptions,
  RecordSender,
  RecordSource,
} from './client.ts';

export function createKafkaClient(name: KafkaClientName, options: KafkaClientOptions): KafkaClient {
  let loading: Promise<KafkaClient> | undefined;
  const loaded = (): Promise<KafkaClient> => {
    loading ??= load(name, options);
    return loading;
  };
  return {
    name,
    sender: () => lateSender(loaded().then((client) => client.sender())),
    source: (how) => lateSource(loaded().then((client) => client.source(how))),
    createTopics: async (topics) => (await loaded()).createTopics(topics),
    brokerCount: async () => (await loaded()).brokerCount(),
  };
}

async function load(name: KafkaClientName, options: KafkaClientOptions): Promise<KafkaClient> {
  if (name === 'kafkajs') return (await import('./kafkajsClient.ts')).createKafkajsClient(options);
  return (await import('./platformaticClient.ts')).createPlatformaticClient(options);
}

function lateSender(sender: Promise<RecordSender>): RecordSender {
  return {
    connect: async () => (await sender).connect(),
    send: async (records) => (await sender).send(records),
    close: async () => (await sender).close(),
  };
}

function lateSource(source: Promise<RecordSource>): RecordSource {
  return {
    run: async (handle) => (await source).run(handle),
    stop: async () => (await source).stop(),
  };
}
