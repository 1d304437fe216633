// The contract of the events: it is what is committed, the parser of its makers accepts it, and every event fits it.

import { readFileSync } from 'node:fs';
import { Parser } from '@asyncapi/parser';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { cloudEvent } from '../../../../adapters/kafka/cloudEvent.ts';
import {
  auditTopic,
  deadRequestsTopic,
  decisionsTopic,
  requestsTopic,
} from '../../../../adapters/kafka/topics.ts';
import { eventSchema } from '../../../../api/http/schemas/events.ts';
import { SubmissionBody } from '../../../../api/http/schemas/submission.ts';
import { parseInstant } from '../../../../api/http/time.ts';
import { deadRequest } from '../../../../api/roles/deadRequest.ts';
import { eventsOf } from '../../../../scheduler/domain/eventsOf.ts';
import {
  type Approval,
  type Change,
  type DomainEvent,
  EVENT_TYPES,
  type ExtensionId,
  type Reason,
} from '../../../../scheduler/index.ts';
import { aLease, NOW, requestIdOf } from '../../../support/builders.ts';
import { anEdge } from '../support.ts';

const committed = readFileSync('docs/asyncapi.json', 'utf8');

const ERROR_OR_WARNING = 1;

async function findings(source: string): Promise<string[]> {
  const found = await new Parser().validate(source);
  return found.filter(({ severity }) => severity <= ERROR_OR_WARNING).map(({ message }) => message);
}

const ajv = new Ajv({ strict: false, formats: { instant: (text: string) => parseInstant(text) !== null } });

const lease = aLease('gpu-a', { request: requestIdOf(1), epoch: 3 });
const reasons: Reason[] = [{ code: 'NEXT_TICK', option: 0 }];
const owner = { department: lease.department, agent: lease.agent };
const decided = { type: 'decided', request: requestIdOf(1), ...owner, lease: null } as const;
const extension = {
  type: 'extensionDecided',
  extension: 'ext_1' as ExtensionId,
  lease: lease.id,
  reservations: [],
} as const;
const ended = { type: 'leaseEnded', lease: lease.id, at: NOW, cause: 'agent' } as const;

const reservation = {
  request: requestIdOf(1),
  ...owner,
  class: 'standard',
  option: 0,
  units: [],
  madeAt: NOW,
  startsAt: NOW,
  endsAt: NOW + 1,
};

const approval = {
  id: 'apr_1',
  request: requestIdOf(1),
  ...owner,
  skill: 'legal',
  code: 'C',
  review: requestIdOf(2),
  attempt: 1,
  slot: null,
  ruling: null,
} as unknown as Approval;
const scheduled = {
  ...approval,
  slot: { lease: lease.id, pool: 'review' as never, startsAt: NOW, endsAt: NOW + 1 },
};
const ruling = {
  verdict: 'reject',
  reason: 'no',
  by: 'head',
  department: owner.department,
  at: NOW,
} as const;

const CHANGES: readonly Change[] = [
  { ...decided, outcome: 'granted', reasons: [], lease: lease.id },
  { ...decided, outcome: 'waiting', reasons },
  { ...decided, outcome: 'denied', reasons },
  { ...decided, outcome: 'expired', reasons: [{ code: 'START_LIMIT_PASSED', startBefore: NOW }] },
  { ...decided, outcome: 'cancelled', reasons: [{ code: 'CANCELLED', by: 'forge-01' }] },
  { type: 'leaseGranted', lease },
  { type: 'leaseActivated', lease: lease.id, at: NOW },
  {
    type: 'leaseRevoking',
    lease: lease.id,
    revocation: {
      right: 'priority',
      since: NOW,
      graceEndsAt: NOW,
      request: lease.request,
      department: lease.department,
    },
  },
  { ...extension, outcome: 'granted', endsAt: NOW, reasons: [] },
  { ...extension, outcome: 'denied', endsAt: null, reasons },
  { ...ended, end: 'released' },
  { ...ended, end: 'expired' },
  { ...ended, end: 'revoked' },
  { type: 'reservationMade', reservation },
  { type: 'reservationMoved', reservation, from: NOW + 1, cause: 'earlier' },
  { type: 'reservationDropped', reservation, cause: 'unaffordable' },
  { type: 'approvalMoved', approval: { ...approval, state: 'seeking' } },
  { type: 'approvalMoved', approval: { ...scheduled, state: 'scheduled' } },
  {
    type: 'approvalMoved',
    approval: { ...scheduled, state: 'approved', ruling: { ...ruling, verdict: 'approve' } },
  },
  { type: 'approvalMoved', approval: { ...scheduled, state: 'rejected', ruling } },
  { type: 'approvalMoved', approval: { ...scheduled, state: 'lapsed' } },
  { type: 'approvalMoved', approval: { ...approval, state: 'dropped' } },
];

function everyEvent(): DomainEvent[] {
  const stamps = { cell: 'main', tick: 9, epoch: 4, now: NOW, policyRevision: 'p', firstSequence: 41 };
  return eventsOf(CHANGES, { ...stamps, leaseOf: () => lease });
}

describe('docs/asyncapi.json', () => {
  it('is what the server serves; `npm run contract` writes it', async () => {
    const { call } = await anEdge();
    expect((await call({ method: 'GET', url: '/asyncapi.json', as: null })).body).toBe(committed);
  });

  it('is accepted by the parser without error or warning', async () => {
    expect(await findings(committed)).toEqual([]);
  });

  it('is refused by the parser when a channel names a message that is none', async () => {
    const document = JSON.parse(committed);
    document.channels.stream.messages.resync = { $ref: '#/components/messages/none' };
    expect((await findings(JSON.stringify(document))).length).toBeGreaterThan(0);
  });

  it('carries a message for every type, on the stream and on the topic', () => {
    const { channels } = JSON.parse(committed);
    expect(Object.keys(channels.topic.messages)).toEqual([...EVENT_TYPES]);
    expect(Object.keys(channels.stream.messages)).toEqual([...EVENT_TYPES, 'resync']);
    const address = channels.topic.address.replace('{cell}', 'main').replace('{department}', 'research');
    expect(address).toBe(decisionsTopic('main', 'research'));
    expect(Object.keys(channels.auditTopic.messages)).toEqual([...EVENT_TYPES]);
    expect(channels.auditTopic.address.replace('{cell}', 'main')).toBe(auditTopic('main'));
  });

  it('says where requests are sent, as what, and where those go that are refused', () => {
    const { channels, components } = JSON.parse(committed);
    const addressOf = (name: string) => channels[name].address.replace('{cell}', 'main');
    expect(addressOf('requestsTopic')).toBe(requestsTopic('main'));
    expect(addressOf('deadRequestsTopic')).toBe(deadRequestsTopic('main'));
    const { payload, headers } = components.messages.submission;
    const schema = payload.$ref ? components.schemas[payload.$ref.split('/').at(-1)] : payload;
    expect(schema.required).toEqual(SubmissionBody.required);
    expect(headers.required).toEqual(['authorization']);
    const record = { topic: requestsTopic('main'), partition: 0, offset: '0', key: '', value: '' };
    const problem = { code: 'TOKEN_MISSING', detail: '' } as const;
    const letter = deadRequest({ ...record, bytes: Buffer.alloc(0), headers: {} }, problem, {
      cell: 'main',
      requestId: 'call',
    });
    expect(Object.keys(letter.headers)).toEqual(components.messages.refused.headers.required);
  });
});

describe('every event', () => {
  it('is made by some change', () => {
    expect(everyEvent().map(({ type }) => type)).toEqual([...EVENT_TYPES]);
  });

  it('fits the schema of its type, as record and in its headers', () => {
    const { components } = JSON.parse(committed);
    const headersFit = new Ajv({ strict: false, formats: { 'date-time': true } }).compile(
      components.schemas.RecordHeaders,
    );
    for (const event of everyEvent()) {
      const record = cloudEvent(event, 'main');
      const validate = ajv.compile(eventSchema(event.type));
      expect([event.type, validate(JSON.parse(record.value)), validate.errors]).toEqual([
        event.type,
        true,
        null,
      ]);
      expect([headersFit(record.headers), headersFit.errors]).toEqual([true, null]);
      const { required, properties } = components.schemas.RecordHeaders;
      expect(Object.keys(record.headers)).toEqual(required);
      const traceParent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
      expect(Object.keys(cloudEvent({ ...event, traceParent }, 'main').headers)).toEqual(
        Object.keys(properties),
      );
    }
  });

  it('would be found out with a field that is missing or of another type', () => {
    const [granted] = everyEvent().filter(({ type }) => type === 'annona.lease.granted.v1');
    const { value } = cloudEvent(granted as DomainEvent, 'main');
    const validate = ajv.compile(eventSchema('annona.lease.granted.v1'));
    const document = JSON.parse(value);
    expect(validate({ ...document, data: { ...document.data, endsAt: 5 } })).toBe(false);
    expect(validate({ ...document, data: { ...document.data, allocations: undefined } })).toBe(false);
    expect(validate({ ...document, type: 'annona.lease.revoked.v1' })).toBe(false);
  });
});
