// Shapes of the policies routes. Invariant: TypeBox is the one source, as in fields.ts.

import { Type } from 'typebox';
import { Amount, InstantText, PositiveAmount } from './fields.ts';

const Text = Type.String();
const NullableText = Type.Union([Text, Type.Null()]);

/** A signed file as `annona policy build --sign` writes it: opaque here, opened by the keeper. */
export const BundleText = Type.String({ minLength: 1, maxLength: 2 * 1024 * 1024 });

const expected = Type.Optional(Amount);
/** `expected`: the sequence of the status that the caller decided on; another one answers 412. */
export const MoveBody = Type.Union([Type.Null(), Type.Object({ expected }, { additionalProperties: false })]);
export const CompareBody = Type.Union([
  Type.Null(),
  Type.Object(
    { expected, promoteAfterTicks: Type.Optional(Type.Union([PositiveAmount, Type.Null()])) },
    { additionalProperties: false },
  ),
]);

export const UploadedJson = Type.Object({ revision: Text });

export const BundleJson = Type.Object({
  revision: Text,
  sha256: Text,
  keyId: Text,
  subject: Text,
  storedAt: InstantText,
  bytes: Amount,
});

const Candidate = Type.Object({
  revision: Text,
  promoteAfterTicks: Type.Union([Amount, Type.Null()]),
});

export const HeadJson = Type.Object({
  sequence: Amount,
  active: Text,
  previous: NullableText,
  candidate: Type.Union([Candidate, Type.Null()]),
});

const Counts = Type.Unsafe<Record<string, unknown>>({ type: 'object' });

export const ReportJson = Type.Object({
  compared: Amount,
  skipped: Amount,
  failed: Amount,
  rows: Amount,
  cleanTicks: Amount,
  newlyAllowed: Amount,
  newlyDenied: Amount,
  otherwise: Amount,
  byRule: Counts,
  byDepartment: Counts,
});

export const StatusJson = Type.Object({
  sequence: Amount,
  active: Text,
  previous: NullableText,
  candidate: Type.Union([
    Type.Object({
      revision: Text,
      promoteAfterTicks: Type.Union([Amount, Type.Null()]),
      report: Type.Union([ReportJson, Type.Null()]),
    }),
    Type.Null(),
  ]),
  running: Type.Object({
    revision: Text,
    dataRevision: Text,
    kept: NullableText,
    rows: Amount,
    rules: Type.Array(Type.Object({ code: Text, hits: Amount })),
    idle: Type.Array(Text),
    cache: Type.Object({ hits: Amount, misses: Amount, entries: Amount }),
    kills: Amount,
    suspects: Type.Array(Text),
  }),
  trustedKeys: Type.Array(Text),
  failures: Type.Array(
    Type.Object({ at: InstantText, doing: Text, revision: NullableText, code: Text, message: Text }),
  ),
});

export const DifferencesJson = Type.Object({
  revision: NullableText,
  items: Type.Array(
    Type.Object({ tick: Text, row: Type.Unknown(), active: Type.Unknown(), candidate: Type.Unknown() }),
  ),
});

export const DecisionsJson = Type.Object({
  items: Type.Array(
    Type.Object({
      sequence: Amount,
      at: InstantText,
      tick: Text,
      policyRevision: Text,
      dataRevision: Text,
      rows: Amount,
      allowed: Amount,
      denied: Amount,
      tookMs: Type.Number({ minimum: 0 }),
      leftOut: Amount,
      decisions: Type.Array(Type.Unknown()),
    }),
  ),
  next: NullableText,
});
