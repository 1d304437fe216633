// `annona topics create` on real brokers: every department's topics and the auditors', once; and mistakes that say what to do.
import { Kafka, logLevel } from 'kafkajs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { readOneCell } from '../../../api/cli/organisationFile.ts';
import { clusterAbsence, type SharedKafka, shareKafka } from '../../support/sharedKafka.ts';
import { ran } from './recording.ts';

const named = process.env.KAFKA_BROKERS;
afterEach(() => {
  delete process.env.ANNONA_KAFKA_INTAKE;
  if (named === undefined) delete process.env.KAFKA_BROKERS;
  else process.env.KAFKA_BROKERS = named;
});

const absent = clusterAbsence();
describe.skipIf(absent)(absent ?? 'annona topics create', () => {
  let kafka: SharedKafka;
  // The first file that asks waits for the brokers to start.
  beforeAll(async () => {
    kafka = await shareKafka();
  }, 180_000);
  afterAll(() => kafka.leave());

  it('creates what is absent, and leaves alone what is there', async () => {
    process.env.KAFKA_BROKERS = kafka.brokers.join(',');
    const io = { out: () => {}, err: () => {}, progress: () => {} };
    const { configuration } = await readOneCell('examples/acme', io);
    const wanted = 1 + 2 * configuration.departments.length;
    const create = () => ran('topics', 'create', '--partitions', '2', '--json');
    const first = JSON.parse((await create()).out);
    // A cluster that is named may have had them before.
    expect(first.created.length + first.present.length).toBe(wanted);
    const second = JSON.parse((await create()).out);
    expect(second).toEqual({
      created: [],
      present: expect.arrayContaining([...first.created, ...first.present]),
    });

    const admin = new Kafka({
      clientId: 'test',
      brokers: [...kafka.brokers],
      logLevel: logLevel.NOTHING,
    }).admin();
    await admin.connect();
    const { topics } = await admin.fetchTopicMetadata({ topics: [`annona.${configuration.cell}.audit`] });
    process.env.ANNONA_KAFKA_INTAKE = 'on';
    const intake = JSON.parse((await create()).out);
    await admin.disconnect();
    const requests = `annona.${configuration.cell}.requests`;
    expect([...intake.created, ...intake.present]).toEqual(
      expect.arrayContaining([requests, `${requests}.dead`]),
    );
    expect([...first.created, ...first.present]).not.toContain(requests);
    expect(topics[0]!.partitions.map(({ replicas }) => replicas.length)).toEqual([3, 3]);
  });
});

describe('annona topics create, asked wrongly', () => {
  it('says that no broker is named', async () => {
    delete process.env.KAFKA_BROKERS;
    const { exitCode, err } = await ran('topics', 'create');
    expect({ exitCode, err }).toEqual({
      exitCode: 2,
      err: expect.stringContaining('KAFKA_BROKERS names no broker'),
    });
  });

  it.each([
    ['--partitions', '0'],
    ['--replicas', 'x'],
  ])('refuses %s %s', async (option, value) => {
    const { exitCode, err } = await ran('topics', 'create', option, value);
    expect(exitCode).toBe(2);
    expect(err).toContain(`${option} ${value} is not a whole number`);
  });

  it('says that nobody answers', async () => {
    process.env.KAFKA_BROKERS = '127.0.0.1:1';
    const { exitCode, err } = await ran('topics', 'create');
    expect({ exitCode, err }).toEqual({
      exitCode: expect.any(Number),
      err: expect.stringMatching(/^annona: Kafka: /),
    });
    expect(exitCode).toBeGreaterThan(2);
  });
});
