// An agent of a simulated cluster: asks, holds, lengthens, gives back, changes its mind, and repeats what it had no answer to.
// Invariant: it believes answers alone, keeps the highest epoch that it was shown, and all its chance is the run's. Called by cluster.ts.

import type {
  AgentId,
  DepartmentId,
  IntakeCommand,
  Lease,
  LeaseId,
  Option,
  RequestId,
  ResourceRequest,
} from '../../scheduler/index.ts';
import type { Chance } from '../world/chance.ts';
import type { Life, Loop } from '../world/loop.ts';
import type { Client } from './client.ts';
import { actorOf, type Reading } from './edge.ts';
import { PURPOSES } from './gate.ts';
import type { Witness } from './witness.ts';

type Body = Omit<ResourceRequest, 'id' | 'submittedAt'>;
type Replaces = { readonly request: RequestId; readonly tick: number | null };

export interface AgentOptions {
  readonly loop: Loop;
  readonly chance: Chance;
  readonly client: Client;
  readonly witness: Witness;
  readonly who: { readonly agent: AgentId; readonly department: DepartmentId };
  /** Gangs that somebody began, by id: the next agent may join. */
  readonly gangs: { readonly id: string; readonly left: number }[];
}

/** How it treats one lease, drawn when it first sees it. */
interface Mood {
  readonly beats: boolean;
  readonly releasesAt: number;
  readonly extends: boolean;
  /** Of a notice: at once, late, or never. */
  readonly acknowledges: 'atOnce' | 'late' | 'never';
  extended: boolean;
  released: boolean;
}

/** Milliseconds between two looks: while it works, and while it only gives back. */
const LOOKS = [400, 2200] as const;
const LOOKS_AFTER = [1500, 3000] as const;
/** In a hundred looks. */
const ASKS = 70;
const CANCELS = 8;
const REPLACES = 6;
const REPEATS = 6;
const GANGS = 12;
const OPEN_MOST = 3;
const TRIES_MOST = 12;

export class SimulatedAgent {
  /** After the faults: nobody asks for more, and what is held is given back. */
  isWindingDown = false;
  readonly #life: Life;
  readonly #options: AgentOptions;
  readonly #moods = new Map<LeaseId, Mood>();
  readonly #answered: Body[] = [];
  /** Sent without an answer. */
  #owed: { readonly body: Body; readonly replaces: Replaces | undefined; tries: number }[] = [];
  #reading: Reading = { requests: [], leases: [] };
  #made = 0;

  constructor(life: Life, options: AgentOptions) {
    this.#life = life;
    this.#options = options;
  }

  /** Whether it waits for an answer to a submit. */
  get isOwed(): boolean {
    return this.#owed.length > 0;
  }

  async run(): Promise<void> {
    const { loop, chance } = this.#options;
    for (;;) {
      const [least, most] = this.isWindingDown ? LOOKS_AFTER : LOOKS;
      await loop.sleep(chance.between(least, most), this.#life);
      await this.#look();
    }
  }

  /** A submit of its own whose decision shows whether the cell goes on. */
  probe(): Promise<RequestId | null> {
    return this.#submit(this.#body([{ claims: [{ kind: 'cpu', quantity: 1 }] }]));
  }

  async #look(): Promise<void> {
    const { chance, client } = this.#options;
    const answer = await client.call((edge) => edge.read(this.#scope()));
    if (answer?.type === 'ok') this.#reading = answer.value;
    for (const { lease, endedAt } of this.#reading.leases)
      if (endedAt === null && !isReview(lease)) await this.#tend(lease);
    await this.#payBack();
    if (this.isWindingDown) return;
    const open = this.#reading.requests.filter(({ state }) => state === 'queued' || state === 'waiting');
    if (open.length < OPEN_MOST && chance.percent(ASKS)) await this.#submit(this.#wish());
    if (open.length > 0 && chance.percent(CANCELS)) await this.#cancel(chance.pick(open).request);
    if (open.length > 0 && chance.percent(REPLACES)) await this.#replace(chance.pick(open));
    if (this.#answered.length > 0 && chance.percent(REPEATS)) await this.#repeat();
  }

  async #tend(lease: Lease): Promise<void> {
    const { loop, chance, client, witness } = this.#options;
    const { id, epoch, state } = lease;
    const mood = this.#moodOf(lease);
    if (mood.beats) await client.call((edge) => edge.heartbeat(this.#scope(), id, epoch));
    const isDue = this.isWindingDown || loop.now >= mood.releasesAt;
    if (state === 'revoking' && !mood.released) {
      const acknowledges =
        mood.acknowledges === 'atOnce' || (mood.acknowledges === 'late' && chance.percent(40));
      if (acknowledges) mood.released = await this.#act({ type: 'acknowledge', lease: id, epoch });
      return;
    }
    if (mood.extends && !mood.extended) {
      mood.extended = true;
      await this.#extend({ lease: id, epoch, seconds: chance.between(1, 6) });
    }
    if (!isDue || mood.released) return;
    mood.released = await this.#act({ type: 'release', lease: id, epoch });
    if (mood.released) witness.releases.push({ lease: id, epoch });
  }

  #moodOf({ id, endsAt, grantedAt }: Lease): Mood {
    const known = this.#moods.get(id);
    if (known !== undefined) return known;
    const { chance } = this.#options;
    const mood: Mood = {
      beats: chance.percent(85),
      releasesAt: grantedAt + Math.floor(((endsAt - grantedAt) * chance.between(20, 130)) / 100),
      extends: chance.percent(25),
      acknowledges: chance.pick(['atOnce', 'late', 'never'] as const),
      extended: false,
      released: false,
    };
    this.#moods.set(id, mood);
    return mood;
  }

  /** Whether it was acknowledged. */
  async #act(command: IntakeCommand): Promise<boolean> {
    const { client, witness, who } = this.#options;
    const answer = await client.call((edge) => edge.act(actorOf(who), command));
    if (answer?.type !== 'ok') return false;
    if ('lease' in command) witness.acts.push({ act: command.type, object: command.lease });
    return true;
  }

  async #extend(asked: { lease: LeaseId; epoch: number; seconds: number }): Promise<void> {
    const { client, witness, who } = this.#options;
    const answer = await client.call((edge) => edge.extend(actorOf(who), asked));
    if (answer?.type === 'ok') witness.acts.push({ act: 'extend', object: answer.value });
  }

  async #cancel({ id: request, approvalOf }: ResourceRequest): Promise<void> {
    const { witness } = this.#options;
    // A review ends with its approval: the API refuses to cancel one.
    if (approvalOf !== undefined) return;
    if (!(await this.#act({ type: 'cancel', request }))) return;
    witness.acts.push({ act: 'cancel', object: request });
    witness.cancels.push(request);
  }

  /** As an offer is taken: less than it asked for, in the place of what it asked for. */
  async #replace({ request, tick }: Reading['requests'][number]): Promise<void> {
    const { chance } = this.#options;
    if (request.approvalOf !== undefined || request.terms.gang !== undefined) return;
    const smaller = { kind: 'gpu', quantity: 1 };
    await this.#submit(this.#body([{ claims: [smaller] }]), {
      request: request.id,
      tick: chance.percent(50) ? tick : null,
    });
  }

  /** The same key again: with the same body, or with another one. */
  async #repeat(): Promise<void> {
    const { chance, client, witness, who } = this.#options;
    const body = chance.pick(this.#answered);
    const isSame = chance.percent(70);
    const sent = isSame ? body : { ...body, terms: { ...body.terms, summary: 'another body' } };
    const answer = await client.call((edge) => edge.submit(sent));
    if (answer?.type !== 'ok') return;
    if (answer.value !== 'mismatch') witness.submitted(who.agent, body.clientRequestId, answer.value);
    if (isSame === (answer.value === 'mismatch'))
      witness.torn.push(
        `${body.clientRequestId} was answered ${answer.value} to ${isSame ? 'its' : 'another'} body`,
      );
  }

  async #payBack(): Promise<void> {
    const owed = this.#owed;
    this.#owed = [];
    for (const { body, replaces, tries } of owed)
      if (tries < TRIES_MOST) await this.#submit(body, replaces, tries + 1);
  }

  async #submit(body: Body, replaces?: Replaces, tries = 0): Promise<RequestId | null> {
    const { client, witness, who } = this.#options;
    const answer = await client.call((edge) => edge.submit(body, replaces));
    if (answer?.type !== 'ok') {
      this.#owed.push({ body, replaces, tries });
      return null;
    }
    if (answer.value === 'mismatch') {
      witness.torn.push(`${body.clientRequestId} was called another's body`);
      return null;
    }
    if (replaces === undefined) this.#answered.push(body);
    witness.submitted(who.agent, body.clientRequestId, answer.value);
    return answer.value;
  }

  #wish(): Body {
    const { chance } = this.#options;
    const quantity = chance.between(1, 3);
    const prefer = [{ model: chance.pick(['a', 'b']) }];
    const options: Option[][] = [
      [{ claims: [{ kind: 'gpu', quantity, prefer }] }],
      [
        {
          claims: [
            { kind: 'gpu', quantity },
            { kind: 'cpu', quantity: chance.between(1, 4) },
          ],
        },
      ],
      [{ claims: [{ kind: 'gpu', quantity: 4 }] }, { claims: [{ kind: 'gpu', quantity: 1 }] }],
      [
        {
          claims: [{ kind: 'dataset', quantity: 1, ...(chance.percent(30) && { exclusive: true as const }) }],
        },
      ],
      [
        {
          claims: [
            { kind: 'license', quantity: 1 },
            { kind: 'cpu', quantity: 1 },
          ],
        },
      ],
    ];
    return chance.percent(GANGS) ? this.#member() : this.#body(chance.pick(options));
  }

  /** Of a gang that another began, or of a new one: of two, each with so little that both fit as soon as anything does. */
  #member(): Body {
    const { chance, gangs } = this.#options;
    const body = this.#body([{ claims: [{ kind: chance.pick(['gpu', 'cpu']), quantity: 1 }] }]);
    const joined = gangs.pop() ?? { id: `gang-of-${body.clientRequestId}-and-others`, left: 2 };
    if (joined.left > 1) gangs.push({ id: joined.id, left: joined.left - 1 });
    const gang = { id: joined.id, size: 2, timeoutSeconds: 8 };
    return {
      ...body,
      terms: { ...body.terms, class: 'standard', durationSeconds: 8, preemptible: true, gang },
    };
  }

  #body(options: readonly Option[]): Body {
    const { chance, who } = this.#options;
    this.#made += 1;
    const purposes = [PURPOSES.open, PURPOSES.open, PURPOSES.open, PURPOSES.strict, PURPOSES.reviewed];
    const purpose = chance.percent(4) ? PURPOSES.forbidden : chance.pick(purposes);
    return {
      ...who,
      clientRequestId: `${who.agent}-wish-${String(this.#made).padStart(4, '0')}`,
      options,
      terms: {
        class: chance.pick(['critical', 'standard', 'standard', 'batch']),
        durationSeconds: chance.between(3, 25),
        preemptible: !chance.percent(15),
        ...(chance.percent(20) && { requeue: false as const }),
        classification: 'internal',
        purpose,
        summary: '',
      },
    };
  }

  #scope() {
    return { type: 'agent', ...this.#options.who } as const;
  }
}

/** A reviewer's slot: nothing that the agent says moves it. */
function isReview({ allocations }: Lease): boolean {
  return allocations.some(({ kind }) => kind === 'review');
}
