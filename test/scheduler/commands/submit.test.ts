import { describe, expect, it } from 'vitest';
import { type AdmissionInput, admit } from '../../../scheduler/index.ts';
import { aConfiguration, aPool, aRequest, HOUR, NOW, type RequestBuilder } from '../../support/builders.ts';

const configuration = aConfiguration()
  .pool(aPool('gpu-a').gpu(8, 'A100'), aPool('gpu-b').gpu(4, 'H100'), aPool('cpu').cpu(64))
  .pool(aPool('ada').agent('ada', 4, ['sql']))
  .build();

function admitted(request: RequestBuilder, change: Partial<AdmissionInput> = {}) {
  return admit(configuration, { ...request.build(), ...change });
}

describe('admission', () => {
  it('accepts what could ever fit, whatever is free now', () => {
    expect(admitted(aRequest().gpu(8).cpu(64))).toMatchObject({ ok: true });
  });

  it('accepts a request of which one option could ever fit', () => {
    expect(admitted(aRequest().gpu(100).or().gpu(1))).toMatchObject({ ok: true });
  });

  it.each([
    ['an agent of another department', aRequest().by('ada', 'sales').gpu(1), { code: 'UNKNOWN_AGENT' }],
    ['an agent that nobody registered', aRequest().by('nobody').gpu(1), { code: 'UNKNOWN_AGENT' }],
    [
      'a class that is not there',
      aRequest().gpu(1).class('urgent'),
      {
        code: 'UNKNOWN_CLASS',
        pointer: '/terms/class',
        allowed: ['critical', 'production', 'standard', 'batch'],
      },
    ],
    [
      'a kind that no pool has',
      aRequest().cpu(1).claim('tpu', 1),
      { code: 'UNKNOWN_KIND', pointer: '/options/0/claims/1/kind', allowed: ['gpu', 'cpu', 'agent'] },
    ],
    [
      'a label that no pool of the kind carries',
      aRequest().gpu(1, { zone: 'a' }),
      { code: 'UNKNOWN_LABEL', pointer: '/options/0/claims/0/selector/zone', allowed: ['model'] },
    ],
    [
      'several slots of one agent in one claim',
      aRequest().claim('agent', 2),
      { code: 'CLAIM_INVALID', pointer: '/options/0/claims/0/quantity' },
    ],
    [
      'more than any pool holds, naming the largest fit',
      aRequest().gpu(5, { model: 'H100' }),
      { code: 'NEVER_FITS', largest: { quantity: 4, pool: 'gpu-b' } },
    ],
    [
      'a start limit in the past',
      aRequest().gpu(1).terms({ startBefore: NOW }),
      { code: 'TIME_RANGE', pointer: '/terms/startBefore' },
    ],
    [
      'a deadline before the end of the duration',
      aRequest()
        .gpu(1)
        .seconds(3601)
        .terms({ deadline: NOW + HOUR }),
      { code: 'TIME_RANGE', pointer: '/terms/deadline' },
    ],
    [
      'a duration beyond every class',
      aRequest().gpu(1).seconds(99_999_999),
      { code: 'TIME_RANGE', pointer: '/terms/durationSeconds' },
    ],
  ])('refuses %s', (_what, request, wantRefusal) => {
    expect(admitted(request)).toMatchObject({ ok: false, refusal: wantRefusal });
  });
});
