// Settings: which source counts, and that everything wrong is named at once.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigError, readConfig, readConnection, wantsColour } from '../../api/config.ts';

function problemsOf(flags: Record<string, string>, environment: Record<string, string>): readonly string[] {
  try {
    readConfig(flags, environment);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems;
  }
}

describe('settings', () => {
  it('have defaults that run on a laptop', () => {
    expect(readConfig({}, {})).toEqual({
      roles: ['api', 'scheduler', 'relay', 'worker'],
      internalHost: '127.0.0.1',
      internalPort: 0,
      etcd: [],
      host: '127.0.0.1',
      port: 7400,
      directory: '.annona',
      engine: 'highs',
      tickIntervalMs: 20,
      logLevel: 'info',
      tickFiles: 64,
      checkpointHours: 24,
      edge: 'process',
      ratePerAgent: 100,
      ratePerDepartment: 2000,
      policyKeys: [],
      policyLogMask: ['purpose'],
      policyLogSample: 100,
      oidcScope: 'openid',
      openPerAgent: 10_000,
      issuer: 'annona-development',
      audience: 'annona',
      kafkaBrokers: [],
      kafkaClient: 'kafkajs',
      kafkaIntake: 'off',
      intakeQueueItems: 20_000,
      sideJobs: 'process',
      webhookLoopback: 'refuse',
      secretKeys: [],
    });
  });

  it('come from flags before the environment, and an empty variable is an absent one', () => {
    const environment = {
      ANNONA_PORT: '8000',
      ANNONA_HOST: '0.0.0.0',
      DATABASE_URL: '',
      KAFKA_BROKERS: 'a:9092, b:9093,[::1]:9094',
      ANNONA_KAFKA_INTAKE: 'on',
    };
    expect(readConfig({ port: '9000' }, environment)).toMatchObject({
      port: 9000,
      host: '0.0.0.0',
      kafkaBrokers: ['a:9092', 'b:9093', '[::1]:9094'],
      kafkaIntake: 'on',
    });
    expect(readConfig({}, environment).databaseUrl).toBeUndefined();
  });

  it('name roles one by one, or all of them', () => {
    expect(readConfig({ roles: 'api' }, {}).roles).toEqual(['api']);
    expect(readConfig({}, { ANNONA_ROLE: 'worker, scheduler' }).roles).toEqual(['scheduler', 'worker']);
    expect(readConfig({ roles: 'relay,all' }, {}).roles).toEqual(['api', 'scheduler', 'relay', 'worker']);
    for (const roles of ['leader', 'api,', 'api leader', ','])
      expect([roles, problemsOf({ roles }, {}).length]).toEqual([roles, roles === 'api,' ? 0 : 1]);
    expect(problemsOf({}, { ANNONA_ETCD: 'http://a:2379, b:2379' })).toEqual([
      'ANNONA_ETCD: must be http:// or https:// addresses without a path, separated by commas',
    ]);
  });

  it('take a secret from the file that is named', () => {
    const directory = mkdtempSync(join(tmpdir(), 'annona-config-'));
    try {
      const file = join(directory, 'url');
      writeFileSync(file, 'postgres://annona:secret@db/annona\n');
      expect(readConfig({}, { DATABASE_URL_FILE: file }).databaseUrl).toBe(
        'postgres://annona:secret@db/annona',
      );
      expect(problemsOf({}, { DATABASE_URL_FILE: file, DATABASE_URL: 'postgres://x/y' })).toEqual([
        'DATABASE_URL: set it or DATABASE_URL_FILE, not both',
      ]);
      expect(problemsOf({}, { DATABASE_URL_FILE: join(directory, 'absent') })).toEqual([
        expect.stringMatching(/^DATABASE_URL_FILE: ENOENT/),
      ]);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it('that are wrong are all named at once, and their values are not', () => {
    const environment = {
      ANNONA_PORT: '70000',
      ANNONA_CELL: 'Main Cell',
      ANNONA_LOG_LEVEL: 'loud',
      ANNONA_TICK_INTERVAL_MS: '1e2',
      ANNONA_PROT: '1',
      ANNONA_KEY_SET: 'keys.json',
      ANNONA_DATA: 'allowed',
      DATABASE_URL: 'mysql://root:hunter2@db/annona',
      KAFKA_BROKERS: 'kafka',
      UNRELATED: 'x',
    };
    const problems = problemsOf({}, environment);
    expect(problems.map((problem) => problem.split(':')[0])).toEqual([
      'ANNONA_PROT',
      'ANNONA_PORT',
      'ANNONA_CELL',
      'ANNONA_TICK_INTERVAL_MS',
      'ANNONA_LOG_LEVEL',
      'DATABASE_URL',
      'KAFKA_BROKERS',
      'ANNONA_ISSUER',
    ]);
    expect(problems.join('\n')).not.toContain('hunter2');
  });

  it('ask for brokers where requests are to come from them', () => {
    expect(problemsOf({}, { ANNONA_KAFKA_INTAKE: 'on' })).toEqual([
      'ANNONA_KAFKA_INTAKE: requests come from the brokers of KAFKA_BROKERS; name one',
    ]);
  });

  it('name the flag when the flag is wrong', () => {
    expect(problemsOf({ port: 'x' }, { ANNONA_PORT: '1' })).toEqual([
      'the flag for ANNONA_PORT: must be a whole number from 0 to 65535',
    ]);
  });
});

describe('whom commands call', () => {
  it('comes from flags, then the environment, then is the server of this machine', () => {
    const wantDefault = { url: 'http://127.0.0.1:7400', directory: '.annona' };
    expect(readConnection({}, {})).toEqual(wantDefault);
    const environment = { ANNONA_URL: 'https://annona.example/', ANNONA_TOKEN: 'a', ANNONA_DIRECTORY: 'd' };
    expect(readConnection({}, environment)).toEqual({
      url: 'https://annona.example/',
      token: 'a',
      directory: 'd',
    });
    expect(readConnection({ token: 'b' }, environment).token).toBe('b');
    expect(readConfig({}, environment)).not.toHaveProperty('token');
  });

  it.each(['annona.example', 'ftp://x', 'http://x/v1', 'http://a b', 'http://x?y'])('is not %s', (url) => {
    expect(() => readConnection({ url }, {})).toThrow(
      'must be an http:// or https:// address without a path',
    );
  });

  it('sees colours unless NO_COLOR says something', () => {
    expect([wantsColour({}), wantsColour({ NO_COLOR: '' }), wantsColour({ NO_COLOR: '1' })]).toEqual([
      true,
      true,
      false,
    ]);
  });
});
