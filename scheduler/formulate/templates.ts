// Columns worked out once for many requests: combinations a shape, quota checks and rows a department, accounts and age a request.
// Invariant: a template's column fits alone in every row but the account rows, which differ from payer to payer. Called by index.ts.

import type { Configuration, PriorityClass, Window } from '../domain/configuration.ts';
import type { DepartmentId } from '../domain/ids.ts';
import { lookupOf } from '../domain/lookup.ts';
import type { Instant } from '../domain/quantity.ts';
import type { PendingRequest } from '../domain/request.ts';
import { costOf, PricedChoices } from './accounts.ts';
import type { Shape } from './candidates.ts';
import { capacityRowName } from './capacity.ts';
import { isRenewable, type PayingAccount, type Tariff } from './catalogue.ts';
import { type OpenOption, selectCombinations } from './combinations.ts';
import type { Choice, Place } from './formulation.ts';
import { penaltyOf, shareOf } from './objective.ts';
import { endOf, heldUntil, openOptions } from './openings.ts';
import { demandOf, type KindDemand, quotaRows } from './quota.ts';
import type { Room } from './room.ts';
import type { Handed, Row, RowBook, RowEntry } from './rows.ts';
import { dominantOf } from './seats.ts';
import { windowRowName } from './windows.ts';

/** What a column counts against quotas, and until when. */
export interface ColumnDemand {
  readonly kinds: KindDemand;
  readonly endsAt: Instant;
}

/** A combination of a shape, whichever department asks. */
export interface TemplateColumn {
  readonly option: number;
  readonly priced: PricedChoices;
  /** What takes off its value. */
  readonly penalty: number;
  /** Entries in capacity and window rows. */
  readonly units: readonly RowEntry[];
  /** One object for all columns that demand the same: quotas are looked at once for them. */
  readonly demand: ColumnDemand;
}

interface ShapeColumns {
  readonly columns: readonly TemplateColumn[];
  /** False: a fitting combination was left out. */
  readonly complete: boolean;
  /** `shareOf` the shape's options. */
  readonly share: number;
  /** Per period of the tariff at least what any column costs; null when some column reaches beyond the periods. */
  mostCost(tariff: Tariff): readonly number[] | null;
}

/** A shape's columns as one department may have them. */
export interface Template extends ShapeColumns {
  /** Entries in the department's quota and lending rows. */
  readonly quotas: ReadonlyMap<ColumnDemand, readonly RowEntry[]>;
  readonly priority: PriorityClass;
}

export interface TemplateSettings {
  readonly configuration: Configuration;
  /** What fits is looked up here. */
  readonly room: Room;
  /** The right sides of rows: the room of those who have no reservation, which is the tick's. */
  readonly rows: Room;
  readonly book: RowBook;
  /** Columns a request may have. */
  readonly columnsMax: number;
}

/** All templates of one tick. */
export class Templates {
  readonly #settings: TemplateSettings;
  readonly #graceMs: number;
  readonly #shapes = new Map<Shape, Map<string, ShapeColumns>>();
  readonly #templates = new Map<ShapeColumns, Map<DepartmentId, Template>>();
  readonly #placeRows = new Map<Place, Row>();
  readonly #covered = new Map<Template, Map<readonly PayingAccount[], Map<string, Template>>>();

  constructor(settings: TemplateSettings) {
    this.#settings = settings;
    this.#graceMs = settings.configuration.leaseTerms.graceSeconds * 1000;
  }

  of(shape: Shape, pending: PendingRequest): Template {
    const byTime = lookUp(this.#shapes, shape, () => new Map<string, ShapeColumns>());
    const shared = lookUp(byTime, this.#timeKey(shape, pending), () =>
      this.#shapeColumns(shape, pending, () => true),
    );
    const byDepartment = lookUp(this.#templates, shared, () => new Map<DepartmentId, Template>());
    return lookUp(byDepartment, pending.request.department, () => this.#templateOf(shape, pending, shared));
  }

  /** The template again for whom accounts or policy leave none of its columns, out of the combinations that were left out. */
  coveredBy(
    template: Template,
    shape: Shape,
    asked: { pending: PendingRequest; payers: readonly PayingAccount[] },
  ): Template {
    const { pending, payers } = asked;
    const byPayers = lookUp(
      this.#covered,
      template,
      () => new Map<readonly PayingAccount[], Map<string, Template>>(),
    );
    const { quotas, accounts, policy } = this.#settings.room;
    const bySignature = lookUp(byPayers, payers, () => new Map<string, Template>());
    return lookUp(bySignature, policy.signatureOf(pending.request), () => {
      const { department } = pending.request;
      const own = this.#shapeColumns(shape, pending, (choices) => {
        if (!quotas.fits(department, demandOf(choices)) || !policy.fits(pending.request, choices))
          return false;
        if (!this.#fitsLater(choices, pending)) return false;
        const charge = this.#chargeOf(choices, pending);
        return accounts.covers(payers, (tariff) => costOf(tariff, charge));
      });
      return { ...template, ...this.#withinQuotas(own, department) };
    });
  }

  /**
   * Class and duration are in the shape key. Start limit and deadline are not: without windows only whether it ends in time matters,
   * so that requests with deadlines of their own still share a template.
   */
  #timeKey(shape: Shape, pending: PendingRequest): string {
    const { startBefore, deadline, durationSeconds } = pending.request.terms;
    if (shape.isWindowed) return `${startBefore ?? ''}|${deadline ?? ''}`;
    return deadline !== undefined && this.#settings.room.now + durationSeconds * 1000 > deadline
      ? 'late'
      : '';
  }

  /** The shape's columns that pass the department's quotas; if none does and some were left out, a selection of its own. */
  #templateOf(shape: Shape, pending: PendingRequest, shared: ShapeColumns): Template {
    const { room, configuration } = this.#settings;
    const { department, terms } = pending.request;
    let own = this.#withinQuotas(shared, department);
    if (own.columns.length === 0 && !shared.complete) {
      const fits = (choices: readonly Choice[]): boolean =>
        room.quotas.fits(department, demandOf(choices)) && this.#fitsLater(choices, pending);
      own = this.#withinQuotas(this.#shapeColumns(shape, pending, fits), department);
    }
    return { ...own, priority: classOf(configuration, terms.class) };
  }

  #shapeColumns(
    shape: Shape,
    pending: PendingRequest,
    fits: (choices: readonly Choice[]) => boolean,
  ): ShapeColumns {
    const { room, columnsMax } = this.#settings;
    const { options, terms } = pending.request;
    const open = openOptions(shape, terms, room);
    const { combinations, complete } = selectCombinations(open, {
      fits: (choices) =>
        (room.checkpoints.isEmpty ||
          room.checkpoints.fitsPlaces(choices, heldUntil(choices, terms, room.now))) &&
        fits(choices),
      columnsMax: Math.max(columnsMax, seatsOfOwnSize(open)),
    });
    // Where the search was cut, each department looks again: that is one template a shape.
    if (combinations.length === 0) return complete ? NOTHING_OPEN : { ...NOTHING_OPEN, complete };
    const priced = combinations.map(({ choices }) => new PricedChoices(this.#chargeOf(choices, pending)));
    const costs = priced.map((column) => comparableCost(column, room.now));
    const leastCost = Math.min(...costs);
    const mostCost = Math.max(...costs);
    const demands: ColumnDemand[] = [];
    const columns = combinations.map((combination, i): TemplateColumn => {
      const { option, choices } = combination;
      const penalty = penaltyOf({ ...combination, cost: costs[i]!, leastCost, mostCost });
      const until = terms.openEnded ? heldUntil(choices, terms, room.now) : priced[i]!.endsAt;
      const demand = oneOf(demands, { kinds: demandOf(choices), endsAt: until });
      return { option, priced: priced[i]!, penalty, units: this.unitsOf(choices, until), demand };
    });
    return { columns, complete, share: shareOf(room.catalogue, options), mostCost: mostCostOf(columns) };
  }

  #chargeOf(choices: readonly Choice[], pending: PendingRequest) {
    const { now } = this.#settings.room;
    return { choices, now, endsAt: endOf(choices, pending.request.terms, now), graceMs: this.#graceMs };
  }

  #fitsLater(choices: readonly Choice[], { request }: PendingRequest): boolean {
    const { now, checkpoints } = this.#settings.room;
    const { department, terms } = request;
    return checkpoints.fitsQuotas(department, demandOf(choices), heldUntil(choices, terms, now));
  }

  /** Entries in capacity and window rows, of a bundle one, in the row of its seats; and in those of promised starts before `endsAt`. */
  unitsOf(choices: readonly Choice[], endsAt: Instant): RowEntry[] {
    const { book, room, rows } = this.#settings;
    const entries: RowEntry[] = [];
    const seated: string[] = [];
    for (const { place, window, quantity, seats, bundle } of choices) {
      if (seats === undefined) entries.push({ row: this.unitRow(place, window), coefficient: quantity });
      else if (!seated.includes(bundle!)) {
        seated.push(bundle!);
        const hands = dominantOf(room.catalogue, seats);
        entries.push({ row: book.row(seats.place.id, seats.spots.length, hands), coefficient: 1 });
      }
    }
    if (!rows.checkpoints.isEmpty) entries.push(...rows.checkpoints.placeEntries(book, choices, { endsAt }));
    return entries;
  }

  /** The capacity or window row that a claim on the place takes units of. */
  unitRow(place: Place, window: Window | null): Row {
    const { book, rows } = this.#settings;
    if (window !== null) return book.row(windowRowName(place.pools[0], window), rows.free(place, window));
    return lookUp(this.#placeRows, place, () =>
      book.row(capacityRowName(place), rows.free(place, null), renewableKind(place)),
    );
  }

  /** The columns that the department's quotas and its cohorts allow, with their entries there. */
  #withinQuotas(shared: ShapeColumns, department: DepartmentId): ShapeColumns & Pick<Template, 'quotas'> {
    if (shared.columns.length === 0) return { ...shared, quotas: NO_QUOTAS };
    const quotas = new Map<ColumnDemand, readonly RowEntry[]>();
    for (const demand of new Set(shared.columns.map((column) => column.demand))) {
      const entries = this.#quotaEntries(demand, department);
      if (entries !== null) quotas.set(demand, entries);
    }
    const columns = shared.columns.filter(({ demand }) => quotas.has(demand));
    return {
      ...shared,
      columns: columns.length === shared.columns.length ? shared.columns : columns,
      quotas,
    };
  }

  #quotaEntries({ kinds, endsAt }: ColumnDemand, department: DepartmentId): RowEntry[] | null {
    const { book, room, rows } = this.#settings;
    if (!room.quotas.fits(department, kinds)) return null;
    if (!room.checkpoints.fitsQuotas(department, kinds, endsAt)) return null;
    const entries: RowEntry[] = [];
    for (const [kind, coefficient] of kinds)
      for (const row of quotaRows(book, rows.quotas, { department, kind }))
        entries.push({ row, coefficient });
    if (rows.checkpoints.isEmpty) return entries;
    return [...entries, ...rows.checkpoints.quotaEntries(book, department, { demand: kinds, endsAt })];
  }
}

const NO_QUOTAS: Template['quotas'] = new Map();
/** Of a shape that no combination is open to: its share counts in nothing. */
const NOTHING_OPEN: ShapeColumns = { columns: [], complete: true, share: 0, mostCost: () => null };

function renewableKind({ kind, pools: [pool] }: Place): Handed {
  return isRenewable(pool) ? { kind } : {};
}

/** A shape spread over several classes of seats must reach all that were cut for it. */
function seatsOfOwnSize(open: readonly OpenOption[]): number {
  return open
    .flatMap(({ claims }) => claims)
    .reduce((most, { candidates }) => {
      return Math.max(most, candidates.filter(({ looseness }) => looseness === 0).length);
    }, 0);
}

function classOf(configuration: Configuration, name: string): PriorityClass {
  const priority = lookupOf(configuration).classes.get(name);
  if (priority === undefined) throw new Error(`class ${name} is not configured`);
  return priority;
}

/** The demand of the list that says the same, or the demand itself, which joins it. */
function oneOf(demands: ColumnDemand[], demand: ColumnDemand): ColumnDemand {
  const { kinds, endsAt } = demand;
  const same = demands.find(
    (known) =>
      known.endsAt === endsAt &&
      known.kinds.length === kinds.length &&
      known.kinds.every(([kind, quantity], i) => kind === kinds[i]![0] && quantity === kinds[i]![1]),
  );
  if (same) return same;
  demands.push(demand);
  return demand;
}

function mostCostOf(columns: readonly TemplateColumn[]): Template['mostCost'] {
  const known: (readonly number[] | null | undefined)[] = [];
  return (tariff) => {
    let most = known[tariff.index];
    if (most === undefined) {
      most = highest(columns, tariff);
      known[tariff.index] = most;
    }
    return most;
  };
}

function highest(columns: readonly TemplateColumn[], tariff: Tariff): readonly number[] | null {
  const most = new Array<number>(tariff.periods.length).fill(0);
  for (const { priced } of columns) {
    const cost = priced.costOf(tariff);
    if (cost === null) return null;
    for (const { period, amount } of cost) most[period] = Math.max(most[period]!, amount);
  }
  return most;
}

/** Money of a column as a plain number, to compare columns with each other: no account is charged by it. */
export function comparableCost(
  { choices, endsAt }: Pick<PricedChoices, 'choices' | 'endsAt'>,
  now: number,
): number {
  let cost = 0;
  for (const { place, quantity } of choices) {
    const [pool] = place.pools;
    const rate = quantity * pool.priceMinor;
    cost += isRenewable(pool) ? (rate * (endsAt - now)) / 3_600_000 / (pool.pricePer ?? 1) : rate;
  }
  return cost;
}

function lookUp<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}
