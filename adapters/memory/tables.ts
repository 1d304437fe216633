// The tables of adapters/postgres/migrations as rows in memory, column by column: what one store writes the other can be compared with.
// Invariant: rows are replaced, never changed in place; `Staged` holds what a commit would write until all of it has been checked.

import type { LeaderAddress } from '../../api/ports.ts';
import type {
  Approval,
  ApprovalState,
  Configuration,
  DomainEvent,
  Earmark,
  Edit,
  IntakeActor,
  IntakeCommand,
  Lease,
  LeaseState,
  Obligations,
  Reason,
  RequestState,
  Reservation,
  ResourceRequest,
  Revocation,
  StartReservation,
  TickRecord,
} from '../../scheduler/index.ts';

export interface ConfigurationRow {
  readonly cell: string;
  readonly revision: string;
  readonly document: Configuration;
  readonly current: boolean;
}

export interface EditRow {
  readonly cell: string;
  readonly object_key: string;
  readonly department_id: string;
  readonly edit: Edit;
  readonly actor_subject: string;
}

export interface AgentHeartbeatRow {
  readonly cell: string;
  readonly agent_id: string;
  readonly department_id: string;
  readonly at_ms: number;
}

export interface LeaderRow {
  readonly cell: string;
  readonly epoch: number;
  readonly holder: string;
  readonly renewed_at_ms: number;
  readonly expires_at_ms: number;
}

export interface HeadRow {
  readonly cell: string;
  readonly tick: number;
  readonly tick_digest: string;
  readonly epoch: number;
  readonly event_sequence: number;
  readonly audit_sequence: number;
  readonly fold_sequence: number;
  readonly applied_revision: string | null;
}

export interface IntakeTableRow {
  readonly id: number;
  readonly cell: string;
  readonly department_id: string;
  readonly agent_id: string | null;
  readonly actor_subject: string;
  readonly act: IntakeCommand['type'];
  readonly object_id: string;
  readonly actor: IntakeActor;
  readonly command: IntakeCommand;
  readonly received_at_ms: number;
  readonly tick: number | null;
}

export interface SubmitKeyRow {
  readonly cell: string;
  readonly agent_id: string;
  readonly client_request_id: string;
  readonly department_id: string;
  readonly request_id: string;
  readonly digest: string;
  readonly intake_id: number;
  readonly received_at_ms: number;
}

export interface RequestTableRow {
  readonly id: string;
  readonly cell: string;
  readonly department_id: string;
  readonly agent_id: string;
  readonly sequence: number;
  readonly document: ResourceRequest;
  readonly shape_key: string;
  readonly opened_tick: number;
  readonly state: RequestState;
  readonly verdict_allow: boolean | null;
  readonly verdict_codes: readonly string[] | null;
  readonly verdict_policy_revision: string | null;
  readonly verdict_data_revision: string | null;
  readonly reasons: readonly Reason[];
  readonly lease_id: string | null;
  readonly decided_tick: number | null;
  readonly decided_at_ms: number | null;
  readonly reservation: StartReservation | null;
}

export interface LeaseTableRow {
  readonly id: string;
  readonly cell: string;
  readonly department_id: string;
  readonly agent_id: string;
  readonly request_id: string;
  readonly epoch: number;
  readonly option_index: number;
  readonly allocations: Lease['allocations'];
  readonly reservations: Lease['reservations'];
  readonly state: LeaseState;
  readonly granted_tick: number;
  readonly granted_at_ms: number;
  readonly start_limit_at_ms: number;
  readonly ends_at_ms: number;
  readonly extended: boolean;
  readonly activated_at_ms: number | null;
  readonly ended_tick: number | null;
  readonly ended_at_ms: number | null;
  readonly end_cause: string | null;
  readonly borrowed: readonly string[] | null;
  readonly revocation: Revocation | null;
}

export interface HeartbeatRow {
  readonly lease_id: string;
  readonly cell: string;
  readonly department_id: string;
  readonly at_ms: number;
  readonly checkpoint_at_ms: number | null;
}

/** Of an open request; gone when it is granted or dropped. */
export interface EarmarkRow {
  readonly cell: string;
  readonly request_id: string;
  readonly department_id: string;
  readonly document: Earmark;
  readonly made_tick: number;
}

export interface ApprovalTableRow {
  readonly id: string;
  readonly cell: string;
  readonly department_id: string;
  readonly agent_id: string;
  readonly request_id: string;
  readonly skill: string;
  readonly state: ApprovalState;
  readonly document: Approval;
  readonly opened_tick: number;
  readonly moved_tick: number;
}

export interface ObligationTableRow {
  readonly request_id: string;
  readonly cell: string;
  readonly department_id: string;
  readonly document: Obligations;
}

export interface ExtensionTableRow {
  readonly id: string;
  readonly cell: string;
  readonly department_id: string;
  readonly agent_id: string;
  readonly lease_id: string;
  readonly seconds: number;
  readonly sequence: number;
  readonly outcome: 'pending' | 'granted' | 'denied';
  readonly ends_at_ms: number | null;
  readonly reservations: readonly Reservation[];
  readonly reasons: readonly Reason[];
  readonly decided_tick: number | null;
}

export interface CapacityRow {
  readonly cell: string;
  readonly key: string;
  readonly used: number;
  readonly capacity: number;
  readonly consumable: boolean;
  /** One live lease holds all that is used. */
  readonly exclusive: boolean;
}

export interface AccountRow {
  readonly cell: string;
  readonly account: string;
  readonly period: string;
  readonly reserved: number;
  readonly spent: number;
  readonly budget: number;
}

/** What one lease or extension booked of one type: a line per account and period, column by column. */
export interface LedgerRow {
  readonly cell: string;
  readonly source_id: string;
  readonly type: 'reserve' | 'settle' | 'refund';
  readonly department_id: string;
  readonly lease_id: string;
  readonly accounts: readonly string[];
  readonly periods: readonly string[];
  readonly amounts: readonly number[];
  readonly tick: number;
}

export interface TickTableRow {
  readonly cell: string;
  readonly tick: number;
  readonly epoch: number;
  readonly digest: string;
  readonly previous_digest: string;
  readonly configuration_revision: string;
  readonly record: TickRecord;
}

export interface EventRow {
  readonly cell: string;
  readonly sequence: number;
  readonly id: string;
  readonly tick: number;
  readonly epoch: number;
  readonly type: DomainEvent['type'];
  readonly at_ms: number;
  readonly department_id: string;
  readonly agent_id: string;
  readonly request_id: string;
  readonly lease_id: string | null;
  readonly policy_revision: string;
  readonly data: DomainEvent['data'];
}

export interface AuditRow {
  readonly cell: string;
  readonly sequence: number;
  readonly tick: number;
  readonly at_ms: number;
  readonly department_id: string;
  readonly actor: string;
  readonly act: string;
  readonly object_id: string;
  readonly because: string | null;
}

/** Every table, whole: what the checker of the promises reads. */
export interface StoreDump {
  readonly configuration_revision: readonly ConfigurationRow[];
  readonly leader: readonly LeaderRow[];
  readonly cell_head: readonly HeadRow[];
  readonly intake: readonly IntakeTableRow[];
  readonly submit_key: readonly SubmitKeyRow[];
  readonly request: readonly RequestTableRow[];
  readonly lease: readonly LeaseTableRow[];
  readonly extension: readonly ExtensionTableRow[];
  readonly earmark: readonly EarmarkRow[];
  readonly approval: readonly ApprovalTableRow[];
  readonly obligation: readonly ObligationTableRow[];
  readonly capacity_use: readonly CapacityRow[];
  readonly account_use: readonly AccountRow[];
  readonly ledger: readonly LedgerRow[];
  readonly tick: readonly TickTableRow[];
  readonly event: readonly EventRow[];
  readonly audit: readonly AuditRow[];
}

export class Tables {
  readonly configurations = new Map<string, ConfigurationRow>();
  /** In the order of the last edit of each object. */
  readonly edits = new Map<string, EditRow>();
  readonly bases = new Map<string, string>();
  readonly agentHeartbeats = new Map<string, AgentHeartbeatRow>();
  readonly leaders = new Map<string, LeaderRow>();
  readonly leaderAddresses = new Map<string, LeaderAddress>();
  readonly heads = new Map<string, HeadRow>();
  readonly intake = new Map<number, IntakeTableRow>();
  /** Ids without a tick, in order: what `take` looks at. */
  readonly unstamped = new Set<number>();
  readonly submitKeys = new Map<string, SubmitKeyRow>();
  readonly requests = new Map<string, RequestTableRow>();
  /** By `rowKey` of cell and id, as are `liveLeases` and `heartbeats`: ids of leases follow from their tick, so cells share them. */
  readonly leases = new Map<string, LeaseTableRow>();
  readonly liveLeases = new Set<string>();
  readonly heartbeats = new Map<string, HeartbeatRow>();
  readonly extensions = new Map<string, ExtensionTableRow>();
  /** By cell and request, in the order in which they were made. */
  readonly earmarks = new Map<string, EarmarkRow>();
  readonly approvals = new Map<string, ApprovalTableRow>();
  /** By request. */
  readonly obligations = new Map<string, ObligationTableRow>();
  readonly capacities = new Map<string, CapacityRow>();
  readonly accounts = new Map<string, AccountRow>();
  readonly ledger = new Map<string, LedgerRow>();
  readonly ticks = new Map<string, TickTableRow>();
  readonly events = new Map<string, EventRow>();
  readonly audit = new Map<string, AuditRow>();
  lastIntakeId = 0;

  dump(): StoreDump {
    return {
      configuration_revision: [...this.configurations.values()],
      leader: [...this.leaders.values()],
      cell_head: [...this.heads.values()],
      intake: [...this.intake.values()],
      submit_key: [...this.submitKeys.values()],
      request: [...this.requests.values()],
      lease: [...this.leases.values()],
      extension: [...this.extensions.values()],
      earmark: [...this.earmarks.values()],
      approval: [...this.approvals.values()],
      obligation: [...this.obligations.values()],
      capacity_use: [...this.capacities.values()],
      account_use: [...this.accounts.values()],
      ledger: [...this.ledger.values()],
      tick: [...this.ticks.values()],
      event: [...this.events.values()],
      audit: [...this.audit.values()],
    };
  }
}

/** Null before the first configuration of the cell is stored. */
export function currentRevision(tables: Tables, cell: string): string | null {
  for (const row of tables.configurations.values()) if (row.cell === cell && row.current) return row.revision;
  return null;
}

/** Every cell's lease of that id, by cell. */
export function leasesOfId(tables: Tables, id: string): LeaseTableRow[] {
  return [...tables.heads.keys()].sort().flatMap((cell) => tables.leases.get(rowKey(cell, id)) ?? []);
}

/** Key of a row whose primary key has several columns. */
export function rowKey(...parts: readonly (string | number)[]): string {
  return JSON.stringify(parts);
}

export function headOf(tables: Tables, cell: string): HeadRow {
  const none = { tick: 0, tick_digest: '', epoch: 0, event_sequence: 0, audit_sequence: 0, fold_sequence: 0 };
  return tables.heads.get(cell) ?? { cell, ...none, applied_revision: null };
}

/** A table as a commit would leave it. Nothing reaches the table before `flush`. */
export class Staged<Key, Row> {
  readonly #table: Map<Key, Row>;
  readonly #written = new Map<Key, Row>();

  constructor(table: Map<Key, Row>) {
    this.#table = table;
  }

  get(key: Key): Row | undefined {
    return this.#written.get(key) ?? this.#table.get(key);
  }

  set(key: Key, row: Row): void {
    this.#written.set(key, row);
  }

  /** @throws when the key is taken. */
  insert(key: Key, row: Row): void {
    if (this.get(key) !== undefined) throw new Error(`${String(key)} is there already`);
    this.set(key, row);
  }

  written(): IterableIterator<[Key, Row]> {
    return this.#written.entries();
  }

  flush(): void {
    for (const [key, row] of this.#written) this.#table.set(key, row);
  }
}
