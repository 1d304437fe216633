// deploy/compose.yaml has the shape that the Compose specification asks for, in the parts that it uses, and opens nothing to the network.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { SERVICES } from '../../deploy/services/table.ts';

const text = readFileSync(join(import.meta.dirname, '../../deploy/compose.yaml'), 'utf8');
const strings = { type: 'array', items: { type: 'string' }, minItems: 1 };
/** Of the specification, what the file uses: https://github.com/compose-spec/compose-spec */
const SCHEMA = {
  type: 'object',
  required: ['services'],
  additionalProperties: false,
  properties: {
    name: { type: 'string', pattern: '^[a-z0-9][a-z0-9_-]*$' },
    volumes: { type: 'object', additionalProperties: { type: 'object', maxProperties: 0 } },
    services: {
      type: 'object',
      additionalProperties: {
        type: 'object',
        required: ['image'],
        additionalProperties: false,
        properties: {
          image: { type: 'string', pattern: '^[a-z0-9./-]+:[a-z0-9.]+$' },
          // Of YAML an unquoted number or `no` would be no text.
          environment: { type: 'object', additionalProperties: { type: 'string' } },
          command: strings,
          ports: { type: 'array', items: { type: 'string', pattern: '^127\\.0\\.0\\.1:\\d+:\\d+$' } },
          volumes: { type: 'array', items: { type: 'string', pattern: '^[a-z]+:/' } },
          healthcheck: {
            type: 'object',
            required: ['test'],
            additionalProperties: false,
            properties: {
              test: strings,
              interval: { type: 'string', pattern: '^\\d+s$' },
              retries: { type: 'integer', minimum: 1 },
            },
          },
        },
      },
    },
  },
};
const validate = new Ajv().compile(SCHEMA);

describe('deploy/compose.yaml', () => {
  const compose = parse(text);

  it('has the shape of a compose file', () => {
    validate(compose);
    expect(validate.errors).toBeNull();
  });

  it.each([
    [
      'a port for everybody',
      (broken: typeof compose) => {
        broken.services.redis.ports = ['6379:6379'];
      },
    ],
    [
      'a number for a text',
      (broken: typeof compose) => {
        broken.services.kafka.environment.KAFKA_NODE_ID = 1;
      },
    ],
    [
      'an image of any version',
      (broken: typeof compose) => {
        broken.services.etcd.image = 'etcd';
      },
    ],
    [
      'a word that there is not',
      (broken: typeof compose) => {
        broken.services.redis.imgae = 'redis:7';
      },
    ],
  ])('would be refused with %s', (_what, breakIt) => {
    const broken = structuredClone(compose);
    breakIt(broken);
    expect(validate(broken)).toBe(false);
  });

  it('mounts only volumes that it declares', () => {
    const services = Object.values(compose.services) as { volumes?: string[] }[];
    const mounted = services.flatMap(({ volumes = [] }) => volumes.map((one) => one.split(':')[0]));
    expect(Object.keys(compose.volumes)).toEqual(mounted);
  });

  it('has the services that can be named, and the version of Kafka that the tests run on', () => {
    // The others are no servers: a client with a broker inside, and a browser.
    const alone = ['kcat', 'chromium'];
    const named = SERVICES.filter(({ url, name }) => url !== undefined && !alone.includes(name)).map(
      ({ name }) => name,
    );
    expect(Object.keys(compose.services)).toEqual(expect.arrayContaining(named));
    expect(compose.services.kafka.image).toMatch(/:4\.3\.1$/);
  });
});
