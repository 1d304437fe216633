// Imported first, this makes glpk.js as absent as `npm ci --omit=optional` leaves it. Used with `node --import`, and by scripts.
// Invariant: every other package is found as before.
import Module from 'node:module';

type Find = (request: string, ...rest: unknown[]) => string;
const finding = Module as unknown as { _resolveFilename: Find };
const find = finding._resolveFilename;

finding._resolveFilename = (request, ...rest) => {
  if (!request.startsWith('glpk.js')) return find.call(Module, request, ...rest);
  throw Object.assign(new Error(`Cannot find module '${request}'`), { code: 'MODULE_NOT_FOUND' });
};
