// Two policies under one organisation, each in a worker of its own with a deadline: what `diff` and `impact` compare by.
// Invariant: both are loaded or none, and both are ended. Called by diff.ts and impact.ts.
import { loadPolicy, type PolicyBundle, PolicyRefused, type PolicyService } from '../../../policies/index.ts';
import { workerPolicy } from '../../../policies/node.ts';
import { CommandError, EXIT } from '../io.ts';

export interface PolicyPair {
  readonly before: PolicyService;
  readonly after: PolicyService;
}

/** Throws a CommandError that names the bundle that is refused. */
export async function withPair<T>(
  bundles: { readonly old: PolicyBundle; readonly new: PolicyBundle; readonly data: unknown },
  act: (pair: PolicyPair) => Promise<T>,
): Promise<T> {
  const { data } = bundles;
  const before = await opened(bundles.old, data, 'OLD');
  try {
    const after = await opened(bundles.new, data, 'NEW');
    try {
      return await act({ before, after });
    } finally {
      await after.close();
    }
  } finally {
    await before.close();
  }
}

async function opened(bundle: PolicyBundle, data: unknown, which: string): Promise<PolicyService> {
  try {
    await loadPolicy({ ...bundle, data });
    return await workerPolicy({ bundle, data: data as never });
  } catch (error) {
    if (error instanceof PolicyRefused) throw new CommandError(`${which}: ${error.message}`, EXIT.usage);
    throw error;
  }
}
