// The door of the organisation loader: a directory of YAML in, a Configuration or all its problems out.

export type { OrganisationText } from './files.ts';
export {
  type LoadedOrganisation,
  type LoadOptions,
  loadOrganisation,
  parseOrganisation,
} from './load.ts';
export { type Problem, problemLine } from './problem.ts';
export { type OrganisationFile, organisationSchema } from './schema.ts';
