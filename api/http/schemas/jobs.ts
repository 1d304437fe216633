// The shapes of /v1/jobs: what can be asked for, kind by kind, and what a job shows. Invariant: what passes here is what a runner gets.

import { Type } from 'typebox';
import { Amount, InstantText, Name, NullableInstant } from './fields.ts';

const Text = Type.String();
const CLOSED = { additionalProperties: false };

export const JOB_STATES = ['queued', 'running', 'succeeded', 'failed', 'cancelled'] as const;
export const JOB_KINDS = ['export', 'report', 'simulation'] as const;

const ExportInput = Type.Object(
  {
    of: Type.Enum(['requests', 'leases', 'events']),
    /** Inclusive; from the beginning when left out. */
    from: Type.Optional(InstantText),
    /** Exclusive; to the end when left out. */
    to: Type.Optional(InstantText),
  },
  CLOSED,
);
const ReportInput = Type.Object(
  {
    by: Type.Optional(
      Type.Array(Type.Enum(['department', 'class', 'kind', 'agent']), { minItems: 1, maxItems: 4 }),
    ),
    from: InstantText,
    to: InstantText,
    format: Type.Optional(Type.Enum(['json', 'csv'])),
  },
  CLOSED,
);
const SimulationInput = Type.Object(
  { runner: Name, input: Type.Unsafe<Record<string, unknown>>({ type: 'object' }) },
  CLOSED,
);

export const JobBody = Type.Union([
  Type.Object({ kind: Type.Literal('export'), input: ExportInput }, CLOSED),
  Type.Object({ kind: Type.Literal('report'), input: ReportInput }, CLOSED),
  Type.Object({ kind: Type.Literal('simulation'), input: SimulationInput }, CLOSED),
]);

const FileFields = { href: Text, fileName: Text, contentType: Text, bytes: Amount, sha256: Text };

export const JobJson = Type.Object({
  id: Text,
  kind: Text,
  department: Text,
  /** Whose data it reads. */
  reach: Type.Enum(['department', 'all']),
  subject: Text,
  input: Type.Unsafe<Record<string, unknown>>({ type: 'object' }),
  state: Type.Enum([...JOB_STATES]),
  progress: Type.Object({ done: Amount, total: Amount }),
  attempts: Amount,
  queuedAt: InstantText,
  startedAt: NullableInstant,
  endedAt: NullableInstant,
  result: Type.Union([
    Type.Object({ ...FileFields, files: Type.Optional(Type.Array(Type.Object(FileFields))) }),
    Type.Null(),
  ]),
  error: Type.Union([Text, Type.Null()]),
});
