// What GET /v1/ticks/quality answers. Invariant: counts alone, which name no department.

import { Type } from 'typebox';
import { Amount } from './fields.ts';

const NullableAmount = Type.Union([Amount, Type.Null()]);
/** Band -> how many; a band without any is left out. `optimal`, `0.01%`, `0.1%`, `0.5%`, `1%`, `5%`, `over 5%`, `unclaimed`. */
const Counted = Type.Unsafe<Record<string, number>>({ type: 'object', additionalProperties: Amount });

export const QualityJson = Type.Object({
  /** Ticks looked at, and how many of them had a program. */
  ticks: Amount,
  programs: Amount,
  from: NullableAmount,
  to: NullableAmount,
  /** Programs by the band of their worst class. */
  bands: Counted,
  faults: Counted,
  classes: Type.Array(
    Type.Object({
      class: Type.String(),
      stages: Amount,
      bands: Counted,
      /** Stages that ended at the bound of work. */
      givenUp: Amount,
      worstGap: Type.Number(),
    }),
  ),
});
