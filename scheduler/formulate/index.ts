// Step 3 of the tick: everything that is allowed and waits becomes one integer program. Pure: a snapshot in, a formulation out.
// Invariant: every row is packing, every column fits alone, equal snapshots give equal models. Called by tick.ts, tickFile.ts and replay.

import { type Model, ModelBuilder } from '../../solver/index.ts';
import type { PriorityClass } from '../domain/configuration.ts';
import type { ExtensionId, RequestId } from '../domain/ids.ts';
import type { Lease } from '../domain/lease.ts';
import { lookupOf } from '../domain/lookup.ts';
import type { Instant } from '../domain/quantity.ts';
import type { Reason } from '../domain/reason.ts';
import type { PendingRequest, ResourceRequest } from '../domain/request.ts';
import { standingUse, type Use } from '../preemption/standing.ts';
import type { Snapshot } from '../snapshot.ts';
import { AlikeRequests } from './alike.ts';
import { askTogether, columnsOfEach } from './batch.ts';
import { type FormulationMemo, type Shape, shapeOf } from './candidates.ts';
import type { PayingAccount } from './catalogue.ts';
import { emitCohorts } from './cohorts.ts';
import { Crowds } from './crowds.ts';
import { DatasetRows, datasetsOf, datasetsTogether } from './exclusive.ts';
import { extensionsOf, type LeaseExtensions, prolongedBy } from './extensions.ts';
import { Fairness, spentOnFairness } from './fairness.ts';
import type { ColumnMeaning, Formulation, Service } from './formulation.ts';
import { type Gang, type GangColumn, type GangPart, gangsOf } from './gangs.ts';
import { type GangLooks, lookAtGangs } from './gangTurns.ts';
import { seatsFor } from './nodes.ts';
import { EXTENSION_VALUE, worthOf } from './objective.ts';
import { heldUntil, timeReasons } from './openings.ts';
import { Payments } from './payments.ts';
import type { Granted } from './policyRows.ts';
import { demandOf, quotaRows } from './quota.ts';
import { addBeyond, type Reserver, Reservers } from './reservers.ts';
import { Room } from './room.ts';
import { type Row, RowBook, type RowEntry } from './rows.ts';
import type { PlannedSeats } from './seatPlanner.ts';
import { type Template, Templates } from './templates.ts';
import { Worths } from './worth.ts';

export { type FormulationMemo, newMemo } from './candidates.ts';
export type { Choice, ColumnMeaning, Formulation, Place, Prolongation, Service } from './formulation.ts';
export { isUnfinished } from './unfinished.ts';

export interface FormulateSettings {
  /** Also places that are no better than others: whoever would take back what is held there must know of each. */
  readonly everyPlace?: boolean;
}

export function formulate(
  snapshot: Snapshot,
  memo: FormulationMemo,
  settings: FormulateSettings = {},
): Formulation {
  const marked = new Set(snapshot.earmarks.map(({ request }) => request));
  const requests =
    marked.size === 0
      ? snapshot.requests
      : snapshot.requests.filter(({ request }) => !marked.has(request.id));
  const draft = new Draft({ ...snapshot, requests }, { memo, use: standingUse(snapshot), ...settings });
  const extensions = draft.prepareExtensions();
  draft.prepareRequests();
  draft.addExtensions(extensions);
  draft.addRequests();
  const { columns, dropped, refusedExtensions, leftOut, alike, seats, gangs } = draft;
  return {
    model: draft.build(),
    columns,
    truncated: leftOut.size > 0,
    leftOut,
    dropped,
    refusedExtensions,
    alike,
    seats,
    gangs,
    memo,
  };
}

/** `use`: of the whole snapshot, earmarks counted. */
interface DraftSettings extends FormulateSettings {
  readonly memo: FormulationMemo;
  readonly use: Use;
}

const NOTHING_KEPT: ReadonlyMap<Row, number> = new Map();

interface PreparedGang {
  readonly gang: Gang;
  readonly gangColumns: readonly GangColumn[];
}

interface Prepared {
  readonly pending: PendingRequest;
  readonly shape: Shape;
  readonly template: Template;
  readonly payers: readonly PayingAccount[];
  /** When a reservation is kept for it. */
  readonly reserver: Reserver | null;
}

/** Two passes: the first finds templates and what the batch could ask of each account, the second writes the rows that can bind. */
class Draft {
  readonly columns: ColumnMeaning[] = [];
  readonly dropped = new Map<RequestId, readonly Reason[]>();
  readonly refusedExtensions = new Map<ExtensionId, readonly Reason[]>();
  readonly leftOut = new Set<RequestId>();
  readonly #snapshot: Snapshot;
  /** Of the snapshot's requests, in their order. */
  readonly #shapes: readonly Shape[];
  readonly #room: Room;
  readonly #book = new RowBook();
  readonly #worths = new Worths();
  readonly #crowds: Crowds;
  readonly alike: AlikeRequests;
  readonly #fairness: Fairness;
  readonly #datasets = new DatasetRows();
  readonly #templates: Templates;
  readonly #reservers: Reservers;
  readonly gangs: GangLooks;
  readonly seats: PlannedSeats | null;
  readonly #gangs: ReadonlyMap<string, Gang>;
  readonly #prepared: (Prepared | PreparedGang)[] = [];
  readonly #payments: Payments;

  constructor(snapshot: Snapshot, { memo, use, everyPlace }: DraftSettings) {
    const { configuration, requests } = snapshot;
    this.#snapshot = snapshot;
    this.#room = new Room(snapshot, { use });
    this.#payments = new Payments(this.#room.accounts, this.#book);
    this.#crowds = new Crowds(snapshot);
    this.alike = new AlikeRequests(this.#room);
    this.#fairness = new Fairness(this.#room.catalogue, snapshot);
    this.#gangs = gangsOf(requests);
    this.#shapes = requests.map((pending) => shapeOf(memo, configuration, pending));
    askTogether(this.#room, this.#shapes, everyPlace === true);
    this.seats = seatsFor(snapshot, this.#room, memo);
    const columnsMax = columnsOfEach(requests.length);
    const input = { configuration, room: this.#room, memo };
    const settings = { configuration, room: this.#room, rows: this.#room, book: this.#book, columnsMax };
    this.#templates = new Templates(settings);
    this.#reservers = new Reservers(snapshot, { settings, shared: this.#templates, use, seats: this.seats });
    this.gangs = lookAtGangs(this.#gangs, input, {
      after: snapshot.gangTurn ?? null,
      roomOf: (gang) => this.#reserverOf(gang)?.room ?? this.#room,
    });
  }

  prepareExtensions(): LeaseExtensions[] {
    const { configuration, extensions } = this.#snapshot;
    const found = extensionsOf(configuration, this.#room, extensions);
    for (const { payers, columns, refused } of found) {
      for (const [id, reasons] of refused) this.refusedExtensions.set(id, reasons);
      const longest = columns.at(-1);
      for (const paying of longest === undefined ? [] : payers) {
        const most = new Array<number>(paying.tariff.periods.length).fill(0);
        for (const { period, amount } of longest!.costOf(paying.tariff) ?? []) most[period] = amount;
        this.#payments.ask(paying, most);
      }
    }
    return found;
  }

  prepareRequests(): void {
    for (const [i, pending] of this.#snapshot.requests.entries()) this.#prepare(pending, this.#shapes[i]!);
  }

  #prepare(pending: PendingRequest, shape: Shape): void {
    const { id, terms } = pending.request;
    if (terms.gang !== undefined) {
      const gang = this.#gangs.get(terms.gang.id)!;
      if (gang.members[0] === pending) this.#prepareGang(gang);
      return;
    }
    const reserver = this.#reservers.of([id]);
    const template = (reserver?.templates ?? this.#templates).of(shape, pending);
    if (template.columns.length === 0) {
      const reasons = timeReasons(shape, terms, this.#snapshot.now);
      if (reasons.length > 0) this.dropped.set(id, reasons);
      if (!template.complete) this.leftOut.add(id);
      return;
    }
    this.#crowds.count(pending.request, template.priority);
    if (reserver === null && this.alike.isOneTooMany(pending.request, template)) return;
    const payers = this.#payersOf(pending.request);
    for (const paying of payers) this.#payments.ask(paying, template.mostCost(paying.tariff));
    this.#prepared.push({ pending, shape, template, payers, reserver });
  }

  /** In its first member's turn. */
  #prepareGang(gang: Gang): void {
    const isUnseen = this.gangs.unseen.has(gang.terms.id);
    const { columns, complete } = this.gangs.found.get(gang) ?? { columns: [], complete: !isUnseen };
    if (!complete) for (const { request } of gang.members) this.leftOut.add(request.id);
    if (columns.length === 0) return;
    for (const [member, { request }] of gang.members.entries()) {
      this.#crowds.count(request, this.#classOf(request));
      for (const paying of this.#payersOf(request)) {
        const most = new Array<number>(paying.tariff.periods.length).fill(0);
        for (const { parts } of columns)
          for (const { period, amount } of parts[member]!.priced.costOf(paying.tariff) ?? [])
            most[period] = Math.max(most[period]!, amount);
        this.#payments.ask(paying, most);
      }
    }
    this.#prepared.push({ gang, gangColumns: columns });
  }

  /** Stage 0, before the requests of the first class: work under way is decided with the most urgent. */
  addExtensions(extensions: readonly LeaseExtensions[]): void {
    for (const { lease, openEnded, payers, columns } of extensions) {
      if (columns.length === 0) continue;
      const group = this.#worths.addGroup(0);
      const binding = this.#payments.bindingOf(payers);
      for (const { prolongations, costOf } of columns) {
        const value = EXTENSION_VALUE + prolongations.length;
        const column = this.#addColumn(group, value, { type: 'extension', lease, prolongations });
        this.#payments.addCosts(column, binding, costOf);
        if (!openEnded) this.#addProlonged(column, lease, prolongations.at(-1)!.endsAt);
      }
    }
  }

  /** Beyond its present end the lease holds what others may have been promised. */
  #addProlonged(column: number, lease: Lease, endsAt: Instant): void {
    const { checkpoints } = this.#room;
    if (checkpoints.isEmpty) return;
    const { department, choices, from } = prolongedBy(this.#room, lease, endsAt);
    const held = { ...(from !== undefined && { from }), endsAt };
    for (const { row, coefficient } of [
      ...checkpoints.placeEntries(this.#book, choices, held),
      ...checkpoints.quotaEntries(this.#book, department, { ...held, demand: demandOf(choices) }),
    ])
      this.#book.add(row, column, coefficient);
  }

  addRequests(): void {
    const { isContested } = this.#room;
    for (const prepared of this.#prepared) {
      if ('gang' in prepared) {
        this.#addGang(prepared);
        continue;
      }
      const { pending, template, reserver } = prepared;
      const { share, priority } = template;
      const { request } = pending;
      const binding = this.#payments.bindingOf(prepared.payers);
      const isFree = binding.length === 0 && this.#room.policy.isEmpty;
      const { columns, quotas } = isFree ? template : this.#allowed(prepared, binding);
      if (columns.length === 0) continue;
      if (!template.complete) this.leftOut.add(request.id);
      const group = this.#worths.addGroup(priority.rank);
      const standing = this.#crowds.standingOf(request, priority);
      for (const { option, priced, penalty, units, demand } of columns) {
        const { choices, endsAt, costOf } = priced;
        const weight = this.#room.policy.weightOf(request, choices);
        const value = worthOf({ ...standing, share, penalty: penalty - weight });
        const column = this.#addColumn(group, value, {
          type: 'request',
          request: pending,
          option,
          choices,
          endsAt,
        });
        if (isContested)
          this.#datasets.add(datasetsOf(request, option, choices), {
            column,
            group,
            alike: template,
          });
        const shares = quotas.get(demand) ?? [];
        if (reserver !== null)
          addBeyond(this.#book, column, { entries: [...units, ...shares], kept: reserver.kept });
        else {
          for (const { row, coefficient } of units) this.#book.add(row, column, coefficient);
          for (const { row, coefficient } of shares) this.#book.add(row, column, coefficient);
        }
        this.#fairness.add(column, group, { department: request.department, units, share });
        this.#addRules({ column, group, worth: value - spentOnFairness(share) }, [{ request, choices }]);
        this.#payments.addCosts(column, binding, costOf);
      }
    }
  }

  /** One column a choice of places for all members: its coefficients are the sums of theirs. */
  #addGang({ gang, gangColumns }: PreparedGang): void {
    const priority = this.#classOf(gang.members[0]!.request);
    const group = this.#worths.addGroup(priority.rank);
    for (const { parts, penalties } of gangColumns) {
      const services = parts.map(({ pending: request, option, priced: { choices, endsAt } }): Service => {
        return { request, option, choices, endsAt };
      });
      const value = parts.reduce((sum, { pending: { request }, share, priced }, member) => {
        const penalty = penalties[member]! - this.#room.policy.weightOf(request, priced.choices);
        return sum + worthOf({ ...this.#crowds.standingOf(request, priority), share, penalty });
      }, 0);
      const column = this.#addColumn(group, value, { type: 'gang', services });
      const entries = parts.flatMap((part) => this.#addPart(column, group, part));
      addBeyond(this.#book, column, { entries, kept: this.#reserverOf(gang)?.kept ?? NOTHING_KEPT });
      const spare = parts.reduce((left, { share }) => left - spentOnFairness(share), value);
      this.#addRules(
        { column, group, worth: spare },
        services.map(({ request: { request }, choices }) => ({ request, choices })),
      );
      if (!this.#room.isContested) continue;
      const uses = services.map(({ request, option, choices }) =>
        datasetsOf(request.request, option, choices),
      );
      this.#datasets.add(datasetsTogether(uses), { column, group, alike: gang });
    }
  }

  /** What one member pays goes into the book; answers what it takes of units and shares, which count together with the others'. */
  #addPart(
    column: number,
    group: number,
    { pending, priced: { choices, costOf }, share }: GangPart,
  ): RowEntry[] {
    const { request } = pending;
    const { department } = request;
    const { quotas, checkpoints, now } = this.#room;
    const endsAt = heldUntil(choices, request.terms, now);
    const units = this.#templates.unitsOf(choices, endsAt);
    this.#fairness.add(column, group, { department, units, share });
    this.#payments.addCosts(column, this.#payments.bindingOf(this.#payersOf(request)), costOf);
    const demand = demandOf(choices);
    const shares = demand.flatMap(([kind, coefficient]) =>
      quotaRows(this.#book, quotas, { department, kind }).map((row) => ({ row, coefficient })),
    );
    return [...units, ...shares, ...checkpoints.quotaEntries(this.#book, department, { demand, endsAt })];
  }

  #reserverOf({ members }: Gang): Reserver | null {
    return this.#reservers.of(members.map(({ request }) => request.id));
  }

  build(): Model {
    const book = this.#book;
    const builder = new ModelBuilder();
    this.#fairness.settle(book, this.#worths);
    this.#worths.emit(builder);
    for (const family of ['capacity/', 'window/', 'seats/', 'quota/'] as const)
      book.emitFamily(builder, family);
    emitCohorts(builder, book, this.#room.quotas);
    book.emitFamily(builder, 'account/');
    this.#datasets.emit(builder);
    this.#room.policy.emit(builder, book);
    this.#fairness.emit(builder, book);
    this.#room.checkpoints.emit(builder, book);
    return builder.build();
  }

  /** `worth`: what fairness leaves of the column at least. */
  #addRules(
    { column, group, worth }: { readonly column: number; readonly group: number; readonly worth: number },
    grants: readonly Granted[],
  ): void {
    const { policy } = this.#room;
    if (policy.isEmpty) return;
    let spare = worth - 1;
    for (const { request, choices } of grants) {
      const own = this.#crowds.ownOf(request);
      const entries = policy.entriesOf(request, choices);
      const { taken, given } = policy.add(this.#book, column, { entries, spare, own });
      spare -= taken;
      this.#worths.raise(column, given);
    }
    policy.separations.add({ column, group }, grants);
  }

  /** The template's columns that payers and policy leave; when those leave none, the ones that were left out are tried. */
  #allowed(
    { pending, shape, template, payers, reserver }: Prepared,
    binding: readonly PayingAccount[],
  ): Pick<Template, 'columns' | 'quotas'> {
    const { accounts, policy } = this.#room;
    const columns = template.columns.filter(
      ({ priced }) => accounts.covers(binding, priced.costOf) && policy.fits(pending.request, priced.choices),
    );
    if (columns.length > 0 || template.complete) return { columns, quotas: template.quotas };
    return (reserver?.templates ?? this.#templates).coveredBy(template, shape, { pending, payers });
  }

  #payersOf({ agent, terms }: ResourceRequest): readonly PayingAccount[] {
    return this.#room.catalogue.payersOf(agent, terms.class);
  }

  #classOf({ terms }: ResourceRequest): PriorityClass {
    return lookupOf(this.#snapshot.configuration).classes.get(terms.class)!;
  }

  #addColumn(group: number, value: number, meaning: ColumnMeaning): number {
    this.#worths.addColumn(group, value);
    this.columns.push(meaning);
    return this.#book.column(group);
  }
}
