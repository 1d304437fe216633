// The small shapes that every schema is made of: amounts, times, names, pages.
// Invariant: TypeBox is the one source; what stands here is what validates, what types, and what OpenAPI prints.

import { Type } from 'typebox';

const AMOUNT_MAX = Number.MAX_SAFE_INTEGER;

export const Amount = Type.Integer({ minimum: 0, maximum: AMOUNT_MAX });
export const PositiveAmount = Type.Integer({ minimum: 1, maximum: AMOUNT_MAX });
/** Fencing number of a lease. */
export const EpochNumber = Amount;

/** RFC 3339 with seconds and an offset; 1970 to 9999. `instant` is checked by validate.ts. */
export const InstantText = Type.String({ format: 'instant', maxLength: 40 });
export const NullableInstant = Type.Union([InstantText, Type.Null()]);

/** A name that the organisation chose: whether it exists is asked after the shape. */
export const Name = Type.String({ minLength: 1, maxLength: 63 });
/** A filter's value: one that names nothing finds nothing. */
export const FilterText = Type.String({ pattern: '^[!-~]{1,100}$' });
export const LabelText = Type.String({ minLength: 1, maxLength: 200 });
/** Visible ASCII, no spaces: it is compared, logged and put into headers. */
export const ClientRequestId = Type.String({ pattern: '^[!-~]{1,200}$' });

/** Ids are only bounded here; one that cannot exist answers 404 like one that does not. */
export const IdParams = Type.Object({ id: Type.String({ maxLength: 100 }) }, { additionalProperties: false });

/** Query strings stay texts, so that nothing is coerced; pages.ts reads them. */
export const PageQueryFields = {
  limit: Type.Optional(
    Type.String({
      pattern: '^(?:[1-9][0-9]?|[1-4][0-9][0-9]|500)$',
      description: 'At most 500; 50 when left out.',
    }),
  ),
  after: Type.Optional(
    Type.String({ pattern: '^[!-~]{1,200}$', description: 'The `next` of the page before.' }),
  ),
};

export const NoBody = Type.Union([Type.Null(), Type.Object({}, { additionalProperties: false })]);
/** Of a removal: 204, and nothing to show. */
export const NoContent = Type.Null();
export const NoQuery = Type.Object({}, { additionalProperties: false });
