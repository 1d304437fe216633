// History and audit of an edge under test: ports that hold what a test put there. Used by support.ts.

import type { ServerOptions } from '../../../api/http/server.ts';
import type { AuditEntry, AuditSeal, StoredCheckpoint, TickHistory } from '../../../api/ports.ts';
import { ORGANISATION } from './organisation.ts';

export class FakeHistory {
  ticks: TickHistory[] = [];
  kept: StoredCheckpoint | null = null;
  sealed: (AuditSeal & { readonly entries: readonly AuditEntry[] })[] = [];
  /** What was written without a tick, oldest first. */
  readonly written: { readonly by: string; readonly act: string; readonly object: string }[] = [];

  ports(): Pick<ServerOptions, 'history' | 'audit' | 'headSigner'> {
    return {
      history: {
        history: async (_cell, { after, through, limit }) =>
          this.ticks.filter(({ record: { tick } }) => tick > after && tick <= through).slice(0, limit),
        configuration: async (_cell, revision) => (revision === ORGANISATION.revision ? ORGANISATION : null),
        checkpoint: async (_cell, tick) => (this.kept !== null && this.kept.tick <= tick ? this.kept : null),
      },
      audit: {
        write: async (_cell, { by, act, object }) => void this.written.push({ by: by.subject, act, object }),
        entries: async (_cell, { after, limit, act, department, object, actor }) =>
          this.sealed
            .flatMap(({ entries }) => entries)
            .filter(
              (entry) =>
                entry.sequence > after &&
                (act ?? entry.act) === entry.act &&
                (department ?? entry.department) === entry.department &&
                (object ?? entry.object) === entry.object &&
                (actor ?? entry.actor) === entry.actor,
            )
            .slice(0, limit),
        seals: async (_cell, { after, limit }) =>
          this.sealed.filter(({ number }) => number > after).slice(0, limit),
        head: async (cell) => {
          const last = this.sealed.at(-1);
          if (last === undefined) return null;
          const { number, last: entries, digest, tick, tickDigest, at } = last;
          return { cell, number, entries, digest, tick, tickDigest, events: 0, at };
        },
      },
      headSigner: { keys: { keys: [] }, sign: async ({ digest }) => `signed.${digest}` },
    };
  }
}
