// A topic is one department's: no two pairs of cell and department meet, and every name is one that Kafka takes.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  auditTopic,
  deadLettersTopic,
  deadRequestsTopic,
  decisionsTopic,
  requestsTopic,
  requestTopicsOf,
  topicsOf,
} from '../../../adapters/kafka/topics.ts';

const part = fc.constantFrom('a', 'b', 'decisions', 'dead-letters', 'audit', 'requests', 'dead', 'annona');
const slug = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('.'));
const cell = slug.filter((name) => !/decisions|dead-letters|audit/.test(name));

describe('topics', () => {
  it('are named by cell and department', () => {
    expect(decisionsTopic('eu-1', 'research')).toBe('annona.eu-1.decisions.research');
    expect(deadLettersTopic('eu-1', 'research')).toBe('annona.eu-1.dead-letters.research');
  });

  it('are shared by nobody', () => {
    fc.assert(
      fc.property(cell, slug, cell, slug, (cellA, departmentA, cellB, departmentB) => {
        fc.pre(cellA !== cellB || departmentA !== departmentB);
        const topicsA = [decisionsTopic(cellA, departmentA), deadLettersTopic(cellA, departmentA)];
        const topicsB = [decisionsTopic(cellB, departmentB), deadLettersTopic(cellB, departmentB)];
        const whole = (of: string) => [auditTopic(of), requestsTopic(of), deadRequestsTopic(of)];
        expect(new Set([...topicsA, ...topicsB, ...whole(cellA), ...whole(cellB)]).size).toBe(
          cellA === cellB ? 7 : 10,
        );
      }),
      { numRuns: 2000 },
    );
  });

  it.each(['decisions', 'a.decisions', 'dead-letters.b', 'a.decisions.b', 'audit'])(
    'refuse the cell %s',
    (name) => {
      expect(() => decisionsTopic(name, 'research')).toThrow('call it otherwise');
      expect(() => deadLettersTopic(name, 'research')).toThrow('call it otherwise');
    },
  );

  it('are created with what a lost broker needs', () => {
    const shape = { partitions: 6, replicas: 3 };
    const topics = topicsOf('eu-1', ['hr', 'legal'], shape);
    expect(topics.map(({ name }) => name)).toEqual([
      'annona.eu-1.audit',
      'annona.eu-1.decisions.hr',
      'annona.eu-1.decisions.legal',
      'annona.eu-1.dead-letters.hr',
      'annona.eu-1.dead-letters.legal',
    ]);
    for (const topic of topics)
      expect(topic).toMatchObject({ ...shape, settings: { 'min.insync.replicas': '2' } });
    expect(requestTopicsOf('eu-1', shape)).toEqual([
      expect.objectContaining({ name: 'annona.eu-1.requests', ...shape }),
      expect.objectContaining({ name: 'annona.eu-1.requests.dead', ...shape }),
    ]);
    const [alone] = topicsOf('eu-1', [], { partitions: 1, replicas: 1 });
    expect(alone!.settings['min.insync.replicas']).toBe('1');
  });

  it('stay under what Kafka allows for a name, for the longest slugs', () => {
    const longest = 'x'.repeat(63);
    expect(deadLettersTopic(longest, longest)).toMatch(/^[a-zA-Z0-9._-]{1,249}$/);
  });
});
