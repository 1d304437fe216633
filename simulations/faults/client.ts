// How people and agents reach the API: through any process of it, over a line that loses, repeats and delays calls and answers.
// Invariant: a call ends after a bounded time; silence is no answer, and proves nothing. Called by agent.ts, reviewer.ts, operator.ts.

import type { Chance } from '../world/chance.ts';
import type { Life, Loop } from '../world/loop.ts';
import type { Answer, Edge } from './edge.ts';
import type { Witness } from './witness.ts';

/** In a hundred messages. */
export interface LineFaults {
  dropped: number;
  repeated: number;
  late: number;
}

export interface ClientOptions {
  readonly loop: Loop;
  readonly chance: Chance;
  readonly edges: () => readonly Edge[];
  readonly line: LineFaults;
  readonly witness: Witness;
}

/** Milliseconds. */
const WAITS = 5000;
const LEG_MOST_US = 1500;
const LATE_MOST_US = 4_000_000;

export class Client {
  readonly #life: Life;
  readonly #options: ClientOptions;

  constructor(life: Life, options: ClientOptions) {
    this.#life = life;
    this.#options = options;
  }

  /** Null: no answer. */
  call<Value>(ask: (edge: Edge) => Promise<Answer<Value>>): Promise<Answer<Value> | null> {
    const { loop, chance, edges, line, witness } = this.#options;
    const edge = chance.pick(edges());
    return new Promise((answer) => {
      loop.after(WAITS * 1000, this.#life, () => {
        witness.unanswered += 1;
        answer(null);
      });
      const send = (): void => {
        if (chance.percent(line.dropped)) return;
        loop.after(this.#leg(), null, () => {
          // A dead process accepts nothing, a paused one answers when it goes on.
          if (!edge.life.alive) {
            loop.after(this.#leg(), this.#life, () => answer({ type: 'unavailable' }));
            return;
          }
          loop.after(0, edge.life, () => void this.#ask(edge, ask, answer));
        });
      };
      send();
      if (chance.percent(line.repeated)) send();
    });
  }

  async #ask<Value>(
    edge: Edge,
    ask: (edge: Edge) => Promise<Answer<Value>>,
    answer: (value: Answer<Value>) => void,
  ): Promise<void> {
    const { loop, chance, line, witness } = this.#options;
    const value = await ask(edge);
    if (value.type !== 'ok') witness.refused += 1;
    if (chance.percent(line.dropped)) return;
    loop.after(this.#leg(), this.#life, () => answer(value));
  }

  #leg(): number {
    const { chance, line } = this.#options;
    return chance.percent(line.late) ? chance.below(LATE_MOST_US) : chance.between(50, LEG_MOST_US);
  }
}
