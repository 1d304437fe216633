// What POST /v1/requests?dryRun=true answers.

import { Type } from 'typebox';
import { DECISION_OUTCOMES } from '../../../scheduler/index.ts';
import { Amount, InstantText, NullableInstant } from './fields.ts';
import { AllocationView, ReasonView } from './views.ts';

export const DryRunView = Type.Object({
  dryRun: Type.Literal(true),
  outcome: Type.Enum([...DECISION_OUTCOMES]),
  reasons: Type.Array(ReasonView),
  option: Type.Union([Amount, Type.Null()]),
  allocations: Type.Array(AllocationView),
  reservations: Type.Array(Type.Object({ account: Type.String(), period: Type.String(), amount: Amount })),
  endsAt: NullableInstant,
  gap: Type.Union([Type.Number(), Type.Null()]),
  tick: Amount,
  at: InstantText,
});
