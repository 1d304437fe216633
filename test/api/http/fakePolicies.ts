// The keeper of policies in a map: what HTTP makes of its outcomes. A bundle is the text `bundle REVISION`; anything else is refused.

import type {
  MoveOutcome,
  PolicyCandidateHead,
  PolicyHead,
  PolicyKeeping,
  PolicyStatus,
  PolicyWish,
  StoredBundle,
  UploadOutcome,
} from '../../../api/ports.ts';
import { NOW } from './organisation.ts';

const REFUSED = {
  type: 'refused',
  code: 'BUNDLE_UNSIGNED',
  message: 'BUNDLE_UNSIGNED: the file has no signature',
} as const;

export class FakePolicies implements PolicyKeeping {
  readonly stored: StoredBundle[] = [];
  head: PolicyHead = { sequence: 0, active: 'shipped', previous: null, candidate: null };
  report: NonNullable<PolicyStatus['candidate']>['report'] = null;

  async upload(text: string, subject: string): Promise<UploadOutcome> {
    const revision = /^bundle (\S+)/.exec(text)?.[1];
    if (revision === undefined) return REFUSED;
    const known = this.stored.find((bundle) => bundle.revision === revision);
    if (known) return { type: known.bytes === text.length ? 'known' : 'conflict', revision };
    this.stored.unshift({ revision, sha256: 's', keyId: 'k', subject, storedAt: NOW, bytes: text.length });
    return { type: 'stored', revision };
  }

  async bundles(): Promise<readonly StoredBundle[]> {
    return this.stored;
  }

  async activate(revision: string, wish: PolicyWish): Promise<MoveOutcome> {
    const { active } = this.head;
    return this.#move(wish, revision, { active: revision, previous: active, candidate: null });
  }

  async rollback(wish: PolicyWish): Promise<MoveOutcome> {
    const { active, previous } = this.head;
    if (previous === null) return { type: 'nothing' };
    return this.#move(wish, previous, { active: previous, previous: active, candidate: null });
  }

  async compare(candidate: PolicyCandidateHead | null, wish: PolicyWish): Promise<MoveOutcome> {
    const { active, previous } = this.head;
    return this.#move(wish, candidate?.revision ?? 'shipped', { active, previous, candidate });
  }

  async status(): Promise<PolicyStatus> {
    const { candidate, ...head } = this.head;
    return {
      ...head,
      candidate: candidate && { ...candidate, report: this.report },
      running: {
        revision: 'r',
        dataRevision: 'd',
        kept: null,
        rows: 2,
        rules: [
          { code: 'BUSY', hits: 2 },
          { code: 'IDLE', hits: 0 },
        ],
        cache: { hits: 0, misses: 2, entries: 2 },
        kills: 0,
        suspects: [],
      },
      trustedKeys: ['k'],
      failures: [
        { at: NOW, doing: 'upload', revision: null, code: 'BUNDLE_UNSIGNED', message: 'no signature' },
      ],
    };
  }

  #move({ expected }: PolicyWish, revision: string, to: Omit<PolicyHead, 'sequence'>): MoveOutcome {
    if (expected !== null && expected !== this.head.sequence) return { type: 'superseded', head: this.head };
    const isKnown = revision === 'shipped' || this.stored.some((bundle) => bundle.revision === revision);
    if (!isKnown) return { type: 'absent' };
    this.head = { ...to, sequence: this.head.sequence + 1 };
    return { type: 'moved', head: this.head };
  }
}
