// Fresh ids, for commands that must name what they send.
import { createEdgeSystem } from '../../adapters/system/ids.ts';

export function newClientRequestId(): string {
  return createEdgeSystem().newCallId().replace('call_', 'cli_');
}
