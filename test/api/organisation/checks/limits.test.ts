// The limits of the default policies: what they name exists, and what is written comes into force.

import { describe, expect, it } from 'vitest';
import { policyDataOf } from '../../../../api/policyData.ts';
import { configurationOf, problemsOf, smallTree } from '../aTree.ts';

const limited = (text: string) => ({ ...smallTree(), 'limits.yaml': `policyLimits:\n${text}` });

describe('policy limits report', () => {
  it.each([
    [
      'a department that does not exist',
      '  departments: { leagl: { agentsMost: 1 } }',
      '2:18: unknown department "leagl"',
    ],
    [
      'a class that does not exist',
      '  classes: { urgent: { maxCostMinor: 1 } }',
      '2:14: unknown class "urgent"',
    ],
    [
      'a class of quiet hours that does not exist',
      '  departments: { legal: { quietHours: { from: 1, to: 2, classes: [urgent] } } }',
      '2:67: unknown class "urgent"',
    ],
    ['a dataset that does not exist', '  datasets: { people: [] }', '2:15: unknown dataset "people"'],
    [
      'a duty that is neither a role nor a skill',
      '  separatedDuties: [[auditor, biuld]]',
      '2:31: unknown role or skill "biuld" (did you mean "build"?)',
    ],
    [
      'an hour that no day has',
      '  departments: { legal: { quietHours: { from: 24, to: 2, classes: [] } } }',
      '2:',
    ],
    ['three duties in a pair', '  separatedDuties: [[auditor, operator, agent]]', '2:'],
  ])('%s', (_name, text, want) => {
    const problems = problemsOf(limited(text));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(`limits.yaml:${want}`);
  });
});

describe('policy limits', () => {
  it('are what the policies judge by, and nothing is limited that they do not name', () => {
    const data = policyDataOf(
      configurationOf(
        limited(
          [
            '  departments: { engineering: { models: [A100], agentsMost: 1, quietHours: { from: 22, to: 6, classes: [standard] } } }',
            '  classes: { standard: { maxCostMinor: 500 } }',
            '  separatedDuties: [[build, legal-review]]',
          ].join('\n'),
        ),
      ),
    );
    expect(data.departments.engineering).toMatchObject({
      models: ['A100'],
      agentsMost: 1,
      quietHours: { from: 22, to: 6, classes: ['standard'] },
    });
    expect(data.departments.legal).toMatchObject({
      models: '*',
      agentsMost: Number.MAX_SAFE_INTEGER,
      quietHours: { from: 0, to: 0, classes: [] },
    });
    expect(data.classes.standard).toEqual({ maxDurationSeconds: 3_600, maxCostMinor: 500 });
    expect(data.agents).toEqual({
      'forge-01': { department: 'engineering', ordinal: 1 },
      'forge-02': { department: 'engineering', ordinal: 2 },
    });
    expect([data.datasets, data.separatedDuties]).toEqual([{}, [['build', 'legal-review']]]);
  });

  it('absent limit nothing', () => {
    const data = policyDataOf(configurationOf(smallTree()));
    expect(data.classes.standard?.maxCostMinor).toBe(Number.MAX_SAFE_INTEGER);
    expect([data.datasets, data.separatedDuties]).toEqual([{}, []]);
  });
});
