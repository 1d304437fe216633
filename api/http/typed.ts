// The types that a route gets from its schemas: what comes in is typed by TypeBox, what goes out is proved by a test.
// Answers are not typed by their schemas: ours hold readonly lists, which TypeBox's mutable ones refuse.

import type { FastifyInstance, FastifyTypeProvider } from 'fastify';
import type { Static, TSchema } from 'typebox';

interface EdgeTypes extends FastifyTypeProvider {
  validator: this['schema'] extends TSchema ? Static<this['schema']> : unknown;
  serializer: unknown;
}

export function typed(app: FastifyInstance) {
  return app.withTypeProvider<EdgeTypes>();
}
