// The stream in memory keeps the contract of publishers.
import { MemoryPublisher } from '../../../adapters/memory/publisher.ts';
import { RECORD_BYTES_MAX, relayContract } from '../../contract/relay.ts';

relayContract('memory', async () => {
  const publisher = new MemoryPublisher({
    refuses: ({ data }) => (JSON.stringify(data).length > RECORD_BYTES_MAX ? 'too large' : null),
  });
  return {
    publisher,
    cell: 'main',
    arrived: async (department) => publisher.arrived.filter((event) => event.department === department),
    overseen: async () => publisher.arrived,
    deadLetters: async (department) =>
      publisher.buried
        .filter(({ event }) => event.department === department)
        .map(({ event, reason }) => ({ id: event.id, reason })),
    close: async () => {},
  };
});
