// The header map, exactly, and the value: what consumers outside build on.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cloudEvent } from '../../../adapters/kafka/cloudEvent.ts';
import {
  EVENT_TYPES,
  type EventId,
  eventId,
  type LeaseId,
  type RequestId,
} from '../../../scheduler/index.ts';
import { anEvent } from '../../support/relay.ts';

const EVENT = {
  ...anEvent(42, { at: Date.UTC(2026, 10, 23, 9, 30, 0, 7), department: 'legal', data: { reasons: ['ä'] } }),
  id: 'evt_main_0000000016' as EventId,
  request: 'req_01' as RequestId,
  lease: 'lse_00000003_000' as LeaseId,
};

describe('an event as a Kafka record', () => {
  it('carries the attributes of CloudEvents 1.0 in its headers', () => {
    expect(cloudEvent(EVENT, 'main').headers).toEqual({
      'content-type': 'application/json',
      ce_specversion: '1.0',
      ce_id: 'evt_main_0000000016',
      ce_source: '/annona/cells/main',
      ce_type: 'annona.request.granted.v1',
      ce_time: '2026-11-23T09:30:00.007Z',
      ce_subject: 'req_01',
      ce_dataschema: 'urn:annona:schema:annona.request.granted.v1',
      ce_partitionkey: 'req_01',
      ce_sequence: '0000000000000042',
      ce_epoch: '2',
      ce_policyversion: 'sha256:policy',
    });
  });

  it('names the trace of its request where it came in one, and keeps it out of the document', () => {
    const traceParent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const { headers, value } = cloudEvent({ ...EVENT, traceParent }, 'main');
    expect(headers).toEqual({ ...cloudEvent(EVENT, 'main').headers, ce_traceparent: traceParent });
    expect(value).toBe(cloudEvent(EVENT, 'main').value);
  });

  it('has the request as key, as `partitionkey` says', () => {
    const { key, headers } = cloudEvent(EVENT, 'main');
    expect(key).toBe('req_01');
    expect(headers.ce_partitionkey).toBe(key);
  });

  it('has the document of the event stream as value', () => {
    expect(JSON.parse(cloudEvent(EVENT, 'main').value)).toEqual({
      id: 'evt_main_0000000016',
      tick: 3,
      epoch: 2,
      type: 'annona.request.granted.v1',
      at: '2026-11-23T09:30:00.007Z',
      department: 'legal',
      agent: 'research.one',
      request: 'req_01',
      lease: 'lse_00000003_000',
      policyRevision: 'sha256:policy',
      data: { reasons: ['ä'] },
    });
  });

  it('names its attributes as the specification allows, none of them empty, for every type', () => {
    for (const type of EVENT_TYPES) {
      const { headers } = cloudEvent({ ...EVENT, type }, 'main');
      const attributes = Object.entries(headers).filter(([name]) => name !== 'content-type');
      for (const [name, text] of attributes) {
        expect(name).toMatch(/^ce_[a-z0-9]{1,20}$/);
        expect(text).toMatch(/^[\x20-\x7e]+$/);
      }
    }
  });

  it('sorts by sequence and by id as the log does', () => {
    const sequences = [1, 9, 10, 35, 36, 99_999, 2 ** 53 - 1];
    const records = sequences.map((sequence) =>
      cloudEvent({ ...EVENT, sequence, id: eventId('main', sequence) }, 'main'),
    );
    const texts = records.map(({ headers }) => headers.ce_sequence!);
    expect(texts.toSorted()).toEqual(texts);
    expect(texts.map(Number)).toEqual(sequences);
  });
});

describe('docs/events.md', () => {
  const page = readFileSync(join(import.meta.dirname, '../../../docs/events.md'), 'utf8');

  it('describes every type and no other', () => {
    const described = [...page.matchAll(/^\| `(annona\.[a-z.-]+\.v\d+)` \|/gm)].map(([, type]) => type);
    expect(described.toSorted()).toEqual(EVENT_TYPES.toSorted());
  });

  it('describes every header and no other', () => {
    const described = [...page.matchAll(/^\| `(ce_[a-z]+|content-type)` \|/gm)].map(([, header]) => header);
    const traced = { ...EVENT, traceParent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` };
    expect(described.toSorted()).toEqual(Object.keys(cloudEvent(traced, 'main').headers).toSorted());
  });
});
