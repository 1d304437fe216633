// The one hash of the deciding path, for commands that run it without a server.
export { sha256 } from '../../adapters/system/digest.ts';
