// What GET /v1/pool-use answers. Invariant: as views.ts: answers are not cut by it, a test proves that they fit.

import { Type } from 'typebox';
import { Amount, InstantText } from './fields.ts';

const Text = Type.String();
const NullableAmount = Type.Union([Amount, Type.Null()]);

export const PoolUseJson = Type.Object({
  everySeconds: Amount,
  /** When it was looked at, rising. */
  at: Type.Array(InstantText),
  pools: Type.Array(
    Type.Object({
      id: Text,
      kind: Text,
      /** Now; 0 where the windows of a calendar carry it. */
      capacity: Amount,
      used: Type.Array(NullableAmount, {
        description: 'One for each of `at`; null before the pool was there.',
      }),
    }),
  ),
});
