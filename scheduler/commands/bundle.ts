// Claims that must sit on one node: what a bundle may be made of. Checked at the edge, before a request is accepted. Called by submit.ts.
// Invariant: what passes has at most one claim of each kind in a bundle, and a share of one GPU or whole ones.

import { GPU_MILLI, isNodeKind, NODE_GPUS_MOST, NODE_KINDS } from '../domain/nodes.ts';
import type { Option } from '../domain/request.ts';
import type { AdmissionRefusal } from './submit.ts';

/** Of one claim of an option; null when it is in no bundle, or rightly in one. */
export function refuseBundle({ claims }: Option, index: number, pointer: string): AdmissionRefusal | null {
  const claim = claims[index]!;
  const { node, kind, quantity } = claim;
  if (node === undefined) return null;
  const refuse = (field: string, message: string, allowed?: readonly string[]): AdmissionRefusal => {
    const refusal = { code: 'CLAIM_INVALID', pointer: `${pointer}/${field}`, message } as const;
    return allowed === undefined ? refusal : { ...refusal, allowed };
  };
  if (!isNodeKind(kind))
    return refuse('kind', `nodes have no ${kind}; leave "node" out of this claim`, NODE_KINDS);
  if (claims.findIndex((other) => other.node === node && other.kind === kind) < index)
    return refuse('kind', `"${node}" claims ${kind} already; add the quantities, or name another node`);
  if (claim.window !== undefined) return refuse('window', 'pools made of nodes have no calendar');
  if (kind !== 'gpu' || quantity < GPU_MILLI) return null;
  if (quantity % GPU_MILLI !== 0)
    return refuse(
      'quantity',
      `thousandths of a GPU: less than ${GPU_MILLI} for a share of one, else a multiple of ${GPU_MILLI}`,
    );
  return quantity > NODE_GPUS_MOST * GPU_MILLI
    ? refuse('quantity', `a node has at most ${NODE_GPUS_MOST} GPUs`)
    : null;
}
