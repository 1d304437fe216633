// The count of open requests per agent, against the memory that it counts.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { apply } from '../../../scheduler/domain/apply.ts';
import { openRequestsOf } from '../../../scheduler/domain/openRequests.ts';
import type { AgentId } from '../../../scheduler/index.ts';
import { aRequest, aState } from '../../support/builders.ts';

const AGENTS = ['ada', 'bob', 'cyd'] as const;

it('is the number of open requests of each agent, whatever was opened and decided since it was first asked', () => {
  const step = fc.record({ agent: fc.constantFrom(...AGENTS), close: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const state = aState().request(aRequest(1).by('ada')).build();
      expect(openRequestsOf(state, 'ada' as AgentId)).toBe(1);
      for (const [i, { agent, close }] of steps.entries()) {
        const [oldest] = state.requests.values();
        if (close && oldest !== undefined) {
          const { id, department, agent: owner } = oldest.request;
          const outcome = i % 2 === 0 ? 'cancelled' : 'expired';
          apply(state, {
            type: 'decided',
            request: id,
            department,
            agent: owner,
            outcome,
            reasons: [],
            lease: null,
          });
        } else
          apply(state, {
            type: 'requestOpened',
            pending: aRequest(i + 2)
              .by(agent)
              .pending(),
          });
        const want = AGENTS.map(
          (name) => [...state.requests.values()].filter(({ request }) => request.agent === name).length,
        );
        expect(AGENTS.map((name) => openRequestsOf(state, name as AgentId))).toEqual(want);
      }
    }),
  );
});

it('counts again when the memory was changed by other hands', () => {
  const state = aState().request(aRequest(1), aRequest(2)).build();
  expect(openRequestsOf(state, 'ada' as AgentId)).toBe(2);
  state.requests.delete(aRequest(1).build().id);
  expect(openRequestsOf(state, 'ada' as AgentId)).toBe(1);
});
