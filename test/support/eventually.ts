// Waits for the condition itself: what is expected comes true some time, on a machine however busy. Used wherever a test awaits what another
// party does. (Polling by `expect.poll` is as patient: test/vitest.config.ts.)
import { vi } from 'vitest';

/** Long enough for any machine, and shorter than a test: what never comes fails by its own message. */
const PATIENCE_MS = 30_000;

/** Until the check passes. @throws what it threw last. */
export function eventually<Result>(check: () => Result | Promise<Result>): Promise<Result> {
  return vi.waitFor(check, { timeout: PATIENCE_MS });
}
