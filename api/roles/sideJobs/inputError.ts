// What was asked for cannot be done, however often it is tried: in words for whoever asked. Thrown by runners.

export class SideJobInputError extends Error {
  override name = 'SideJobInputError';
}
