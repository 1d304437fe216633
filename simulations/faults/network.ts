// Between every process and what it calls: each call of a port is two messages that take their time, and either may be the moment of a fault.
// Invariant: a store does each thing whole, at one instant; a process learns of it later, wrongly or never. Called by cluster.ts.

import type { Chance } from '../world/chance.ts';
import type { Life, Loop } from '../world/loop.ts';
import type { Story } from './story.ts';

/**
 * What may be done to one call. `hang…`: the answer takes seconds. `lost`, `hangLost`: it was done, and the caller is told that it failed;
 * `late`: it is done after the caller was told so.
 */
export const CALL_FAULTS = [
  'refused',
  'lost',
  'late',
  'slow',
  'hangRefused',
  'hangLost',
  'crashBefore',
  'crashAfter',
] as const;
export type CallFault = (typeof CALL_FAULTS)[number];

export class InjectedFault extends Error {
  override name = 'InjectedFault';
}

interface Armed {
  readonly process: string;
  readonly fault: CallFault;
  /** Port calls of the process, of those that `only` names, until it strikes. */
  left: number;
  readonly only: string | null;
}

export interface NetworkOptions {
  readonly loop: Loop;
  readonly chance: Chance;
  readonly story: Story;
  readonly crash: (life: Life) => void;
}

type Call = (...args: never[]) => Promise<unknown>;

/** Microseconds. */
const LEG_LEAST = 40;
const LEG_MOST = 900;
const SLOW_MOST = 3_000_000;
const HANG_LEAST = 2_000_000;
const HANG_MOST = 12_000_000;

export class Network {
  readonly #options: NetworkOptions;
  readonly #armed: Armed[] = [];
  /** What faults delay, each to happen once. */
  readonly #delayed: (() => void)[] = [];
  #isHealed = false;
  /** Until then the store refuses every connection: virtual microseconds. */
  storeDownUntil = 0;
  /** Calls that faults struck. */
  struck = 0;

  constructor(options: NetworkOptions) {
    this.#options = options;
  }

  /** The fault strikes one call of the process, after so many others. `only`: calls of that name alone. */
  arm(
    process: string,
    fault: CallFault,
    { after, only }: { readonly after: number; readonly only: string | null },
  ): void {
    this.#armed.push({ process, fault, left: after, only });
  }

  /** No fault any more: what hangs or is late goes on at once. */
  heal(): void {
    this.#isHealed = true;
    this.#armed.length = 0;
    this.storeDownUntil = 0;
    for (const goOn of this.#delayed.splice(0)) this.#options.loop.after(this.leg(), null, goOn);
  }

  /** A port as a process reaches it. `methods`: those that go over the network. */
  remote<Port extends object>(life: Life, port: Port, methods: readonly (keyof Port & string)[]): Port {
    const bound = port as unknown as Record<string, Call>;
    const remote: Record<string, Call> = {};
    for (const method of methods)
      remote[method] = (...args) => this.#call(life, method, () => bound[method]!.apply(port, args));
    return remote as unknown as Port;
  }

  leg(): number {
    return this.#options.chance.between(LEG_LEAST, LEG_MOST);
  }

  #call(life: Life, name: string, run: () => Promise<unknown>): Promise<unknown> {
    const { loop, chance, story, crash } = this.#options;
    const fault = this.#strike(life, name);
    if (fault !== null) story.tell(life.name, `${name}: ${fault}`);
    return new Promise((resolve, reject) => {
      const answer = (say: () => void): void => {
        const isHung = fault === 'hangRefused' || fault === 'hangLost';
        if (isHung) this.#delay(chance.between(HANG_LEAST, HANG_MOST), life, say);
        else loop.after(this.leg(), life, say);
      };
      const fail = (): void =>
        answer(() =>
          reject(new InjectedFault(`${name} of ${life.name} failed: ${fault ?? 'the store is down'}`)),
        );
      if (fault === 'refused' || fault === 'hangRefused') {
        fail();
        return;
      }
      if (fault === 'late') fail();
      const arrive = (): void => {
        if (loop.elapsedUs < this.storeDownUntil) {
          fail();
          return;
        }
        story.tell(life.name, name);
        void run().then(
          (value) => {
            if (fault === 'lost' || fault === 'hangLost') fail();
            else if (fault !== 'late') answer(() => resolve(value));
            if (fault === 'crashAfter') crash(life);
          },
          (error: unknown) => answer(() => reject(error)),
        );
      };
      // What is under way when its sender dies arrives all the same, or is lost with it.
      const sender = chance.percent(50) ? null : life;
      if (fault === 'slow' || fault === 'late') this.#delay(chance.below(SLOW_MOST), sender, arrive);
      else loop.after(this.leg(), sender, arrive);
      if (fault === 'crashBefore') crash(life);
    });
  }

  #delay(us: number, life: Life | null, run: () => void): void {
    // Struck before the faults ended, with an answer that comes after.
    if (this.#isHealed) {
      this.#options.loop.after(this.leg(), life, run);
      return;
    }
    let isDone = false;
    const once = (): void => {
      if (isDone || life?.alive === false) return;
      isDone = true;
      run();
    };
    this.#delayed.push(once);
    this.#options.loop.after(us, life, once);
  }

  #strike(life: Life, name: string): CallFault | null {
    for (const [i, armed] of this.#armed.entries()) {
      if (armed.process !== life.name || (armed.only !== null && armed.only !== name)) continue;
      if (armed.left > 0) {
        armed.left -= 1;
        continue;
      }
      this.#armed.splice(i, 1);
      this.struck += 1;
      return armed.fault;
    }
    return null;
  }
}
