// What GET /v1/me answers. Invariant: as views.ts: answers are not cut by it, a test proves that they fit.

import { Type } from 'typebox';
import { ROLES } from '../../../scheduler/index.ts';
import { InstantText } from './fields.ts';

const Text = Type.String();

export const MeJson = Type.Object({
  subject: Text,
  role: Type.Enum([...ROLES]),
  department: Text,
  agent: Type.Union([Text, Type.Null()]),
  /** Of the token. */
  expiresAt: InstantText,
  now: InstantText,
  organisation: Text,
  cell: Text,
  /** Priority classes, the most urgent first. */
  classes: Type.Array(Text),
  may: Type.Record(Text, Type.Enum(['none', 'own', 'department', 'all']), {
    description: 'Each action of the permission table, and how far it reaches for this role.',
  }),
});
