// What a policy is told of the pools that a request could be given: models, datasets, the dearest price, and when it came.
import { describe, expect, it } from 'vitest';
import { gateRow } from '../../scheduler/gate.ts';
import { FACT_NAMES_MOST } from '../../scheduler/gateFacts.ts';
import { aConfiguration, aPool, aRequest } from '../support/builders.ts';

const organisation = aConfiguration()
  .pool(
    aPool('h100').gpu(8, 'H100').price(320),
    aPool('a100').gpu(8, 'A100').price(180),
    aPool('odd').gpu(1).price(1_000),
    aPool('people').dataset(5).label('name', 'personnel').price(25),
    aPool('weather').dataset(5),
  )
  .build();
const rowOf = (request: ReturnType<typeof aRequest>) => gateRow(organisation, request.build());

describe('the facts of a request', () => {
  it('name every model that its selectors match, and a pool without the label by its id', () => {
    expect(rowOf(aRequest(1).gpu(1)).models).toEqual(['A100', 'H100', 'odd']);
    expect(rowOf(aRequest(1).gpu(1, { model: 'A100' })).models).toEqual(['A100']);
    expect(rowOf(aRequest(1).gpu(1, { model: ['H100', 'A100'] })).models).toEqual(['A100', 'H100']);
    expect(rowOf(aRequest(1).gpu(1, { model: 'H100' }).or().gpu(2, { model: 'A100' })).models).toEqual([
      'A100',
      'H100',
    ]);
    expect(rowOf(aRequest(1).cpu(1)).models).toEqual([]);
  });

  it('name the datasets likewise, and no other kinds', () => {
    expect(rowOf(aRequest(1).claim('dataset', 1)).datasets).toEqual(['personnel', 'weather']);
    const chosen = aRequest(1)
      .claim('dataset', 1, { selector: { name: 'personnel' } })
      .gpu(1);
    expect(rowOf(chosen).datasets).toEqual(['personnel']);
  });

  it('say any instead of more names than a row holds', () => {
    const many = aConfiguration();
    for (let index = 0; index <= FACT_NAMES_MOST; index += 1) many.pool(aPool(`d-${index}`).dataset(1));
    const request = aRequest(1).claim('dataset', 1).build();
    expect(gateRow(many.build(), request).datasets).toEqual(['*']);
  });

  it('cost what the dearest pools of the dearest option cost, rounded up', () => {
    const hour = (request: ReturnType<typeof aRequest>) => request.terms({ durationSeconds: 3_600 });
    expect(rowOf(hour(aRequest(1).gpu(2, { model: 'A100' }))).costMinor).toBe(360);
    expect(rowOf(hour(aRequest(1).gpu(2))).costMinor).toBe(2_000);
    const two = hour(aRequest(1).gpu(1, { model: 'H100' }).or().gpu(2, { model: 'A100' }));
    expect(rowOf(two).costMinor).toBe(360);
    const together = hour(aRequest(1).gpu(1, { model: 'H100' }).claim('dataset', 1));
    expect(rowOf(together).costMinor).toBe(345);
    const second = aRequest(1).gpu(1, { model: 'A100' }).terms({ durationSeconds: 1 });
    expect(rowOf(second).costMinor).toBe(1);
  });

  it('cost the largest whole amount where nobody could ever pay', () => {
    const all = aRequest(1).gpu(Number.MAX_SAFE_INTEGER).terms({ durationSeconds: 604_800 });
    expect(rowOf(all).costMinor).toBe(Number.MAX_SAFE_INTEGER);
  });

  it('have the hour and the weekday of the submission, in UTC', () => {
    const at = (text: string) => {
      const { hour, weekday } = rowOf(aRequest(1).gpu(1).submittedAt(Date.parse(text)));
      return [hour, weekday];
    };
    expect(at('2026-11-23T00:00:00Z')).toEqual([0, 0]);
    expect(at('2026-11-22T23:59:59.999Z')).toEqual([23, 6]);
    expect(at('2026-11-26T12:30:00Z')).toEqual([12, 3]);
  });

  it('follow the organisation: other labels are another configuration', () => {
    const request = aRequest(1).gpu(1).build();
    const other = aConfiguration().pool(aPool('h100').gpu(8, 'H200')).build();
    expect(gateRow(other, request).models).toEqual(['H200']);
    expect(gateRow(organisation, request).models).toEqual(['A100', 'H100', 'odd']);
  });
});
