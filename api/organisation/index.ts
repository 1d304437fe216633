// The door of the organisation loader: a directory of YAML in, a Configuration or all its problems out.

export { horizonOf } from './calendar.ts';
export { type OrganisationText, readOrganisation } from './files.ts';
export {
  type LoadedOrganisation,
  type LoadOptions,
  loadOrganisation,
  parseOrganisation,
} from './load.ts';
export { overlaid } from './overlay.ts';
export { allowedNames, type Problem, problemLine, sortProblems } from './problem.ts';
export { type OrganisationFile, organisationSchema } from './schema.ts';
export { shapeCheckOf } from './shape.ts';
export { parseSource, type Source } from './source.ts';
