// Claim to places: selector, clearance, preference, agent groups; and which combinations become columns.
import { describe, expect, it } from 'vitest';
import { formulate, isUnfinished, newMemo } from '../../../scheduler/formulate/index.ts';
import { matches } from '../../../scheduler/formulate/labels.ts';
import {
  aConfiguration,
  aPool,
  aRequest,
  aState,
  type ConfigurationBuilder,
  type RequestBuilder,
} from '../../support/builders.ts';
import { aCrowd } from './crowd.ts';

/** Per column: option and the places chosen. A crowd wants the same, so that no candidate stands for the others. */
function columnsOf(
  configuration: ConfigurationBuilder,
  request: RequestBuilder,
  used: Record<string, number> = {},
): string[] {
  const state = aState(configuration).request(request, aCrowd());
  for (const [pool, units] of Object.entries(used)) state.used(pool, units);
  return formulate(state.snapshot(), newMemo()).columns.map((column) => {
    if (column.type !== 'request') throw new Error('no extension was asked');
    return `${column.option}: ${column.choices.map(({ place }) => place.id).join(' ')}`;
  });
}

describe('a selector', () => {
  const pool = aPool('gpu-a').gpu(8, 'h100').label('zone', ['north', 'south']).build();
  it.each([
    [undefined, true],
    [{}, true],
    [{ model: 'h100' }, true],
    [{ model: ['a100', 'h100'] }, true],
    [{ model: 'h100', zone: 'south' }, true],
    [{ zone: ['west', 'north'] }, true],
    [{ model: 'a100' }, false],
    [{ model: 'h100', zone: 'west' }, false],
    [{ rack: 'r1' }, false],
    [{ model: [] }, false],
    [{ constructor: 'Object' }, false],
  ])('%o matches: %s', (selector, want) => {
    expect(matches(pool, selector as never)).toBe(want);
  });
});

describe('candidates', () => {
  const three = () =>
    aConfiguration().pool(
      aPool('a').gpu(8, 'a100').price(5),
      aPool('h').gpu(8, 'h100').price(9),
      aPool('v').gpu(8, 'v100').price(1),
    );

  it('come in order of preference, then price', () => {
    expect(columnsOf(three(), aRequest().gpu(4).prefer('h100', 'a100'))).toEqual(['0: h', '0: a', '0: v']);
    expect(columnsOf(three(), aRequest().gpu(4))).toEqual(['0: v', '0: a', '0: h']);
  });

  it('of equal preference and price start with the most free', () => {
    const two = aConfiguration().pool(aPool('one').gpu(8), aPool('two').gpu(8));
    expect(columnsOf(two, aRequest().gpu(2), { one: 3 })).toEqual(['0: two', '0: one']);
  });

  it('leave out a pool without room, and one that shrank below its use', () => {
    expect(columnsOf(three(), aRequest().gpu(4), { a: 5, v: 12 })).toEqual(['0: h']);
  });

  it('leave out what the agent or its department is not cleared for', () => {
    const secret = () =>
      aConfiguration().pool(aPool('open').gpu(8), aPool('closed').gpu(8).classified('confidential'));
    const cleared = secret().agent('ada', { clearance: 'confidential' });
    expect(columnsOf(cleared, aRequest().gpu(1))).toEqual(['0: closed', '0: open']);
    expect(columnsOf(secret().agent('ada', { clearance: 'internal' }), aRequest().gpu(1))).toEqual([
      '0: open',
    ]);
    const ceiling = secret()
      .department('research', { clearanceCeiling: 'internal' })
      .agent('ada', { clearance: 'restricted' });
    expect(columnsOf(ceiling, aRequest().gpu(1))).toEqual(['0: open']);
  });

  it('are none for an agent that the configuration does not know in that department', () => {
    expect(columnsOf(three().department('sales').agent('ada'), aRequest().gpu(1))).toEqual([]);
  });
});

describe('agent pools', () => {
  const team = () =>
    aConfiguration()
      .department('research')
      .agent('ada')
      .agent('bob')
      .agent('cleo')
      .pool(
        aPool('slot-ada').agent('ada', 2, ['coding']),
        aPool('slot-bob').agent('bob', 1, ['coding']),
        aPool('slot-cleo').agent('cleo', 3, ['law']),
      );

  it('with equal labels and department are one place', () => {
    expect(columnsOf(team(), aRequest().assistant('coding'))).toEqual(['0: slot-ada+1']);
    expect(columnsOf(team(), aRequest().assistant('coding', 'law'))).toEqual(
      ['0: slot-ada+1', '0: slot-cleo'].sort(),
    );
  });

  it('of another department or price are another place', () => {
    const mixed = team()
      .department('sales')
      .agent('dan')
      .pool(aPool('slot-dan').agent('dan', 9, ['coding']));
    expect(columnsOf(mixed, aRequest().assistant('coding'))).toEqual(['0: slot-dan', '0: slot-ada+1']);
  });

  it('give one unit a claim', () => {
    expect(columnsOf(team(), aRequest().claim('agent', 2))).toEqual([]);
    expect(
      columnsOf(team(), aRequest().assistant('coding').assistant('coding').assistant('coding')),
    ).toHaveLength(1);
    expect(
      columnsOf(team(), aRequest().assistant('coding').assistant('coding').assistant('coding'), {
        'slot-ada': 1,
      }),
    ).toEqual([]);
  });
});

describe('combinations', () => {
  it('count two claims on one pool together', () => {
    const one = aConfiguration().pool(aPool('gpu-a').gpu(5));
    expect(columnsOf(one, aRequest().gpu(2).gpu(3))).toHaveLength(1);
    expect(columnsOf(one, aRequest().gpu(3).gpu(3))).toEqual([]);
  });

  it('are found although the first choices of competing claims exclude each other', () => {
    const tight = aConfiguration();
    for (let i = 0; i < 20; i++) tight.pool(aPool(`small-${String(i).padStart(2, '0')}`).gpu(2));
    tight.pool(aPool('big').gpu(4));
    const columns = columnsOf(tight, aRequest().gpu(4).gpu(2));
    expect(columns.length).toBeGreaterThan(0);
    expect(columns.every((column) => column.startsWith('0: big small'))).toBe(true);
  });

  it('are eight at most, and keep columns for every preference and option', () => {
    const many = aConfiguration();
    for (let i = 0; i < 40; i++)
      many.pool(aPool(`h-${i}`).gpu(8, 'h100'), aPool(`a-${i}`).gpu(8, 'a100'), aPool(`c-${i}`).cpu(64));
    const columns = columnsOf(many, aRequest().gpu(1).prefer('h100').or().cpu(4));
    expect(columns).toHaveLength(8);
    expect(columns.filter((column) => column.startsWith('0: h'))).toHaveLength(4);
    expect(columns.filter((column) => column.startsWith('0: a'))).toHaveLength(2);
    expect(columns.filter((column) => column.startsWith('1: c'))).toHaveLength(2);
    expect(new Set(columns).size).toBe(8);
  });

  it('that were left out leave the tick unfinished only while their request waits', () => {
    const many = aConfiguration();
    for (let i = 0; i < 20; i++) many.pool(aPool(`h-${i}`).gpu(8));
    const formulation = formulate(
      aState(many).request(aRequest(1).gpu(1), aRequest(2).gpu(1), aCrowd()).snapshot(),
      newMemo(),
    );
    const [one, two] = [aRequest(1).build().id, aRequest(2).build().id];
    const assigned = (request: typeof one) => ({
      request,
      option: 0,
      allocations: [],
      reservations: [],
      endsAt: 0,
    });
    expect(formulation.leftOut).toEqual(new Set([one, two]));
    expect(isUnfinished(formulation, { assignments: [assigned(one)], extensions: [] })).toBe(true);
    expect(isUnfinished(formulation, { assignments: [assigned(one), assigned(two)], extensions: [] })).toBe(
      false,
    );
    expect(isUnfinished(formulation, { assignments: [], extensions: [] })).toBe(false);
  });
});

describe('a new configuration', () => {
  it('empties the memo', () => {
    const memo = newMemo();
    const small = aState(aConfiguration().pool(aPool('gpu-a').gpu(2)))
      .request(aRequest().gpu(1), aCrowd())
      .snapshot();
    const large = aState(aConfiguration().pool(aPool('gpu-a').gpu(2), aPool('gpu-b').gpu(2)))
      .request(aRequest().gpu(1), aCrowd())
      .snapshot();
    expect(formulate(small, memo).columns).toHaveLength(1);
    expect(formulate(large, memo).columns).toHaveLength(2);
  });
});
