// How leases of a class are taken back is the class's own: what a file does not say stays absent, and has its default when it is read.

import { expect, it } from 'vitest';
import { PREEMPTION_DEFAULTS, preemptionOf } from '../../../scheduler/index.ts';
import { configurationOf, smallTree } from './aTree.ts';

const CLASS = '{ name: standard, rank: 0, targetWaitSeconds: 60, maxDurationSeconds: 3600 }';
const withPreemption = (says: string) =>
  smallTree({ file: 'organisation', replace: CLASS, by: CLASS.replace(' }', `, preemption: ${says} }`) });

it('a file from before says nothing, has the same revision as ever, and all defaults', () => {
  const [standard] = configurationOf(smallTree()).classes;
  expect(standard).not.toHaveProperty('preemption');
  expect(preemptionOf(standard!)).toEqual(PREEMPTION_DEFAULTS);
});

it('a class says what is otherwise', () => {
  const [standard] = configurationOf(withPreemption('{ graceSeconds: 5, revocationsMost: 0 }')).classes;
  expect(standard!.preemption).toEqual({ graceSeconds: 5, revocationsMost: 0 });
  expect(preemptionOf(standard!)).toEqual({ ...PREEMPTION_DEFAULTS, graceSeconds: 5, revocationsMost: 0 });
});
