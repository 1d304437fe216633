// What the edge reads to report: events in pages, accounts and their ledger, usage, why the queue waits. A part of ports.ts, which shows it.
// Invariant: as there, every read takes the reader's scope.

import type { AccountId, DomainEvent, Instant, LedgerEntry, ReasonCode } from '../scheduler/index.ts';
import type { EventFilter, Page, PageQuery, Scope } from './ports.ts';

/** The log as one reader sees it, in pages. */
export interface EventPageReader {
  /**
   * Events after a sequence that pass the filter, oldest first. `through`: everything up to there was looked at; `last`: the newest
   * committed. A call looks through a bounded part of the log, so a page may be short.
   */
  eventPage(
    cell: string,
    filter: EventFilter,
    query: { readonly limit: number; readonly after: number },
  ): Promise<{ readonly items: readonly DomainEvent[]; readonly through: number; readonly last: number }>;
}

/** Whose accounts: the edge works out from the configuration in force which of them pay for the reader. */
export interface AccountReach {
  readonly scope: Scope;
  readonly cell: string;
  readonly accounts: readonly AccountId[];
}

/** What is committed on one account and period. */
export interface PeriodUse {
  readonly account: AccountId;
  readonly period: string;
  readonly reserved: number;
  readonly spent: number;
}

/** One line of the ledger; `source` is the lease, or the extension that booked it. */
export interface LedgerLineView extends Omit<LedgerEntry, 'id'> {
  readonly source: string;
  readonly tick: number;
}

export interface AccountReader {
  /** Periods that nothing was ever booked on may be left out. */
  accountUse(reach: AccountReach): Promise<readonly PeriodUse[]>;
  /** Newest first; of the reader's leases alone. Pages may be short, as those of requests. */
  ledger(
    reach: AccountReach,
    query: PageQuery & { readonly account: AccountId; readonly period?: string },
  ): Promise<Page<LedgerLineView>>;
  /** Reserved less refunded on an account and period by ticks at or after an instant, whoever's leases: may be below nothing. */
  committedSince(
    reach: AccountReach,
    of: { readonly account: AccountId; readonly period: string; readonly since: Instant },
  ): Promise<number>;
}

export type UsageDimension = 'department' | 'class' | 'kind' | 'agent';

export interface UsageQuery {
  readonly cell: string;
  readonly by: readonly UsageDimension[];
  /** Inclusive; `to` is exclusive. */
  readonly from: Instant;
  readonly to: Instant;
  /** Accounts without a parent that count money, with their currency: each chain of accounts is counted at its root, once. */
  readonly roots: readonly { readonly account: AccountId; readonly currency: string }[];
}

/** One group; a dimension that was not asked for is null. */
export interface UsageRow {
  readonly department: string | null;
  readonly class: string | null;
  readonly kind: string | null;
  readonly agent: string | null;
  /** Taken up, granted and denied by ticks of the span. */
  readonly requests: number;
  readonly granted: number;
  readonly denied: number;
  /** From submission to grant, of those granted in the span; null where none was. */
  readonly waited: { readonly meanMs: number; readonly p50Ms: number; readonly p95Ms: number } | null;
  /** Quantity x time within the span, per kind. */
  readonly unitSeconds: Readonly<Record<string, number>>;
  /** Settled by ticks of the span, per currency. A lease settles whole: null where groups are kinds. */
  readonly settledMinor: Readonly<Record<string, number>> | null;
  /** Leases that ended in the span without ever having been taken up. */
  readonly expiredUnused: number;
}

export interface UsageReader {
  usage(scope: Scope, query: UsageQuery): Promise<readonly UsageRow[]>;
}

/** Waiting requests by their binding reason. */
export interface WaitingReason {
  readonly code: ReasonCode;
  readonly count: number;
  /** Others that carry the code behind another one. */
  readonly alsoCount: number;
  /** Of those it binds; null where it binds none. */
  readonly oldestSubmittedAt: Instant | null;
}

export interface QueueReader {
  waitingReasons(scope: Scope): Promise<readonly WaitingReason[]>;
}
