// Requests and extensions as a commit would leave them. Invariant: one terminal outcome a request, one outcome an extension.
// Called by tickStore.ts, change by change.

import type { Change, RequestState, StartReservation, TickCommit } from '../../scheduler/index.ts';
import { refuse } from './refusal.ts';
import { type ExtensionTableRow, type RequestTableRow, Staged, type Tables } from './tables.ts';

const OPEN: readonly RequestState[] = ['queued', 'waiting'];

export class StagedRequests {
  readonly #before: Tables['requests'];
  readonly #commit: TickCommit;
  readonly #requests: Staged<string, RequestTableRow>;
  readonly #extensions: Staged<string, ExtensionTableRow>;
  readonly #outcomes: { request: string; department: string; outcome: string }[] = [];
  foldSequence = 0;

  constructor(tables: Tables, commit: TickCommit) {
    this.#before = tables.requests;
    this.#commit = commit;
    this.#requests = new Staged(tables.requests);
    this.#extensions = new Staged(tables.extensions);
  }

  get(id: string): RequestTableRow | undefined {
    return this.#requests.get(id);
  }

  /** Terminal outcomes of this commit, by request id. */
  outcomes(): readonly { request: string; department: string; outcome: string }[] {
    return this.#outcomes.toSorted((a, b) => (a.request < b.request ? -1 : 1));
  }

  flush(): void {
    this.#requests.flush();
    this.#extensions.flush();
  }

  take(change: Change): void {
    switch (change.type) {
      case 'requestOpened':
        this.#open(change.pending);
        return;
      case 'verdictRecorded': {
        const { allow, codes, policyRevision, dataRevision } = change.verdict;
        this.#requests.set(change.request, {
          ...this.#openRow(change.request),
          verdict_allow: allow,
          verdict_codes: codes,
          verdict_policy_revision: policyRevision,
          verdict_data_revision: dataRevision,
        });
        return;
      }
      case 'decided':
        this.#decide(change);
        return;
      case 'extensionOpened': {
        const { id, department, agent, lease, seconds, sequence } = change.extension;
        const named = {
          id,
          cell: this.#commit.cell,
          department_id: department,
          agent_id: agent,
          lease_id: lease,
          seconds,
          sequence,
        };
        const open = {
          outcome: 'pending' as const,
          ends_at_ms: null,
          reservations: [],
          reasons: [],
          decided_tick: null,
        };
        this.#extensions.insert(id, { ...named, ...open });
        this.foldSequence = Math.max(this.foldSequence, sequence);
        return;
      }
      case 'extensionDecided': {
        const row = this.#extensions.get(change.extension);
        if (row?.outcome !== 'pending') refuse('S3', `${change.extension} is not open`);
        const { outcome, endsAt, reservations, reasons } = change;
        const decided_tick = this.#commit.record.tick;
        this.#extensions.set(change.extension, {
          ...row,
          outcome,
          ends_at_ms: endsAt,
          reservations,
          reasons,
          decided_tick,
        });
        return;
      }
      case 'reservationMade':
      case 'reservationMoved':
        this.#promise(change.reservation.request, change.reservation);
        return;
      case 'reservationDropped':
        this.#promise(change.reservation.request, null);
        return;
      default:
        return;
    }
  }

  #open(pending: Extract<Change, { type: 'requestOpened' }>['pending']): void {
    const { request, sequence, shapeKey, verdict } = pending;
    this.#requests.insert(request.id, {
      id: request.id,
      cell: this.#commit.cell,
      department_id: request.department,
      agent_id: request.agent,
      sequence,
      document: request,
      shape_key: shapeKey,
      opened_tick: this.#commit.record.tick,
      state: 'queued',
      verdict_allow: verdict?.allow ?? null,
      verdict_codes: verdict?.codes ?? null,
      verdict_policy_revision: verdict?.policyRevision ?? null,
      verdict_data_revision: verdict?.dataRevision ?? null,
      reasons: [],
      lease_id: null,
      decided_tick: null,
      decided_at_ms: null,
      reservation: null,
    });
    this.foldSequence = Math.max(this.foldSequence, sequence);
  }

  #decide(change: Extract<Change, { type: 'decided' }>): void {
    const row = this.#openRow(change.request);
    if ((change.outcome === 'granted') !== (change.lease !== null))
      refuse('S5', `${change.request}: a grant and its lease go together`);
    this.#requests.set(change.request, {
      ...row,
      // A request that gets its outcome keeps what it was promised before: the promise of this tick is told, and means nothing any more.
      reservation: OPEN.includes(change.outcome)
        ? row.reservation
        : (this.#before.get(change.request)?.reservation ?? null),
      state: change.outcome,
      reasons: change.reasons,
      lease_id: change.lease,
      decided_tick: this.#commit.record.tick,
      decided_at_ms: this.#commit.record.now,
    });
    if (change.outcome === 'waiting') return;
    this.#outcomes.push({ request: change.request, department: row.department_id, outcome: change.outcome });
  }

  #promise(id: string, reservation: StartReservation | null): void {
    this.#requests.set(id, { ...this.#openRow(id), reservation });
  }

  #openRow(id: string): RequestTableRow {
    const row = this.#requests.get(id);
    if (row === undefined || !OPEN.includes(row.state)) refuse('S3', `${id} is not open`);
    return row;
  }
}
