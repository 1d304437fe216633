// The services: what each is for, how it is found, how it is unpacked. A new one is a new row.
// Invariant: names, programs and variables are those of test/support/services.ts; a test compares them.
import { fromDebian } from './debian.ts';
import type { Service } from './provide.ts';

export const SERVICES: readonly Service[] = [
  {
    name: 'kcat',
    purpose: 'a Kafka broker for the relay tests',
    binary: 'kcat',
    url: 'KAFKA_BROKERS',
    version: { args: ['-V'], pattern: /^Version (\S+)/m },
    install: fromDebian('kcat'),
    byHand: 'install kcat so that it is in PATH, or name a cluster by KAFKA_BROKERS=host:port,…',
  },
];
