// The events as an AsyncAPI 3 document: the stream of server-sent events, and the topics that the relay writes; and requests by Kafka.
// Invariant: the channels of events carry the same messages, made from the one set of schemas that a test holds every event to.
// Served as /asyncapi.json and committed as docs/asyncapi.json (`npm run contract`).

import { EVENT_TYPES, type EventType } from '../../../scheduler/index.ts';
import { eventSchema } from '../schemas/events.ts';
import { SubmissionBody } from '../schemas/submission.ts';
import type { JsonSchema } from './routes.ts';
import { type Components, createComponents } from './schemas.ts';

const TOPIC = 'annona.{cell}.decisions.{department}';
const AUDIT_TOPIC = 'annona.{cell}.audit';
const REQUESTS_TOPIC = 'annona.{cell}.requests';

/** The CloudEvents attributes of a record, as adapters/kafka/cloudEvent.ts writes them; a test compares. */
const RECORD_HEADERS: Readonly<Record<string, JsonSchema>> = {
  'content-type': { type: 'string', const: 'application/json' },
  ce_specversion: { type: 'string', const: '1.0' },
  ce_id: { type: 'string', description: 'The key for de-duplication.' },
  ce_source: { type: 'string', pattern: '^/annona/cells/.+$' },
  ce_type: { type: 'string', enum: [...EVENT_TYPES] },
  ce_time: { type: 'string', format: 'date-time' },
  ce_subject: { type: 'string', description: 'The request.' },
  ce_dataschema: { type: 'string', pattern: '^urn:annona:schema:.+$' },
  ce_partitionkey: { type: 'string', description: 'The request, as the key of the record.' },
  ce_sequence: {
    type: 'string',
    pattern: '^[0-9]{16}$',
    description: 'Place in the log of the cell, so that the text sorts as the number does.',
  },
  ce_epoch: { type: 'string', pattern: '^[0-9]+$' },
  ce_policyversion: { type: 'string' },
};

/** Of an event whose request came in a trace. */
const TRACE_HEADER = { type: 'string', description: 'W3C Trace Context of the request.' };

export function asyncApiDocument({ version }: { readonly version: string }): JsonSchema {
  const components = createComponents();
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Annona events',
      version,
      description:
        'What committed ticks changed: at least once, in order per request, the id for de-duplication. Ignore fields that you do not know.',
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    defaultContentType: 'application/json',
    servers: {
      http: { host: 'localhost:7400', protocol: 'http', security: [BEARER_REF] },
      kafka: { host: 'localhost:9092', protocol: 'kafka', description: 'The cluster of KAFKA_BROKERS.' },
    },
    channels: channels(),
    operations: operations(),
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
      messages: messages(components),
      schemas: { RecordHeaders: recordHeaders(), ...components.used() },
    },
  };
}

const BEARER_REF = { $ref: '#/components/securitySchemes/bearer' };

function channels(): JsonSchema {
  return {
    stream: {
      address: '/v1/events',
      title: 'Server-sent events',
      description:
        'GET /v1/events: `event:` is the type, `data:` the document, `id:` the place to go on from. `event: resync` sends a slow reader back to its place.',
      servers: [{ $ref: '#/servers/http' }],
      messages: { ...refs((type) => type), resync: { $ref: '#/components/messages/resync' } },
    },
    topic: {
      address: TOPIC,
      title: 'Decisions of one department',
      description: 'CloudEvents 1.0 in binary mode; the key is the id of the request.',
      servers: [{ $ref: '#/servers/kafka' }],
      parameters: {
        cell: { description: 'The cell that decided.' },
        department: { description: 'The department that the event is for.' },
      },
      messages: refs((type) => `${type}.record`),
    },
    auditTopic: {
      address: AUDIT_TOPIC,
      title: 'Decisions of all departments',
      description: 'The records of all topics of the cell once more, for whoever oversees all departments.',
      servers: [{ $ref: '#/servers/kafka' }],
      parameters: { cell: { description: 'The cell that decided.' } },
      messages: refs((type) => `${type}.record`),
    },
    requestsTopic: requestsChannel(
      REQUESTS_TOPIC,
      'Requests',
      'With ANNONA_KAFKA_INTAKE=on: each record is taken as a call of POST /v1/requests. The key is the id of the agent.',
    ),
    deadRequestsTopic: requestsChannel(
      `${REQUESTS_TOPIC}.dead`,
      'Requests that were refused',
      'Key, value and headers of the record, without its token, and the problem document. For operators.',
    ),
  };
}

function requestsChannel(address: string, title: string, description: string): JsonSchema {
  const message = address === REQUESTS_TOPIC ? 'submission' : 'refused';
  return {
    address,
    title,
    description,
    servers: [{ $ref: '#/servers/kafka' }],
    parameters: { cell: { description: 'The cell that is asked.' } },
    messages: { [message]: { $ref: `#/components/messages/${message}` } },
  };
}

function refs(nameOf: (type: EventType) => string): JsonSchema {
  return Object.fromEntries(
    EVENT_TYPES.map((type) => [type, { $ref: `#/components/messages/${nameOf(type)}` }]),
  );
}

function operations(): JsonSchema {
  return {
    followEvents: {
      action: 'send',
      channel: { $ref: '#/channels/stream' },
      summary: 'Streams to a caller what concerns it',
    },
    relayDecisions: {
      action: 'send',
      channel: { $ref: '#/channels/topic' },
      summary: 'Relays what was committed to the topic of its department',
    },
    relayToAuditors: {
      action: 'send',
      channel: { $ref: '#/channels/auditTopic' },
      summary: 'Relays what was committed to the topic of the auditors',
    },
    takeRequests: {
      action: 'receive',
      channel: { $ref: '#/channels/requestsTopic' },
      summary: 'Takes requests, once for an agent and clientRequestId',
    },
    refuseRequests: {
      action: 'send',
      channel: { $ref: '#/channels/deadRequestsTopic' },
      summary: 'Keeps what was refused, with the reason',
    },
  };
}

function messages(components: Components): JsonSchema {
  const streamed = EVENT_TYPES.flatMap((type): [string, JsonSchema][] => {
    const payload = components.refer(eventSchema(type));
    const message = { name: type, title: titleOf(type), payload };
    return [
      [type, message],
      [`${type}.record`, { ...message, headers: { $ref: '#/components/schemas/RecordHeaders' } }],
    ];
  });
  const resync = {
    name: 'resync',
    title: 'The reader was too slow',
    payload: {
      type: 'object',
      required: ['after'],
      properties: { after: { type: 'string', description: 'Where to go on with a new connection.' } },
    },
  };
  return { ...Object.fromEntries(streamed), resync, ...requestMessages(components) };
}

function requestMessages(components: Components): JsonSchema {
  const text = (description: string) => ({ type: 'string', description });
  const traceparent = text('W3C Trace Context.');
  return {
    submission: {
      name: 'submission',
      title: 'A request',
      payload: components.refer(SubmissionBody),
      headers: {
        type: 'object',
        required: ['authorization'],
        properties: {
          authorization: { ...text('The token of the agent.'), pattern: '^[Bb]earer +[!-~]+$' },
          traceparent,
          'annona-reason': text('Why it is asked, percent-encoded.'),
        },
      },
    },
    refused: {
      name: 'refused',
      title: 'A request that was refused',
      payload: { description: 'As it came; empty where annona_value says that it is left out.' },
      headers: {
        type: 'object',
        required: ['annona_code', 'annona_reason', 'annona_place', 'annona_value'],
        properties: {
          annona_code: text('The code of the problem.'),
          annona_reason: { ...text('The problem document.'), contentMediaType: 'application/json' },
          annona_place: text('Topic, partition and offset of the record.'),
          annona_value: { type: 'string', enum: ['kept', 'left out'] },
        },
      },
    },
  };
}

/** `annona.lease.extension-denied.v1`: "lease extension denied". */
function titleOf(type: EventType): string {
  return type.split('.').slice(1, -1).join(' ').replaceAll('-', ' ');
}

function recordHeaders(): JsonSchema {
  const properties = { ...RECORD_HEADERS, ce_traceparent: TRACE_HEADER };
  return { type: 'object', required: Object.keys(RECORD_HEADERS), properties };
}
