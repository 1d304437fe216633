// The policy of a simulated cluster, behind the port of the real one: it takes time, is swapped while it judges, and fails as engines fail.
// Invariant: what it cannot decide it denies, with a code, and every verdict names the policy and data that made it. Called by scheduler.ts.

import type { Configuration, GateRow, PolicyGate, RecordedVerdict } from '../../scheduler/index.ts';
import type { Chance } from '../world/chance.ts';
import type { Life, Loop } from '../world/loop.ts';
import { InjectedFault } from './network.ts';
import { SKILL } from './organisation.ts';

/** What purposes mean under every revision of the policy; `strict` is denied under every third one. */
export const PURPOSES = { open: 'research', reviewed: 'reviewed', forbidden: 'forbidden', strict: 'strict' };

/** How ill the engine is, in a hundred calls. */
export interface GateFaults {
  broken: number;
  refusesData: number;
}

const APPROVAL = { skill: SKILL, code: 'NEEDS_REVIEW', policy: 'simulated' } as const;

export class SimulatedGate implements PolicyGate {
  policyRevision = 'pol_1';
  dataRevision = 'none';
  readonly #life: Life;
  readonly #loop: Loop;
  readonly #chance: Chance;
  readonly #faults: GateFaults;

  constructor(life: Life, { loop, chance, faults }: { loop: Loop; chance: Chance; faults: GateFaults }) {
    this.#life = life;
    this.#loop = loop;
    this.#chance = chance;
    this.#faults = faults;
  }

  async evaluate(_tick: string, rows: readonly GateRow[]): Promise<readonly RecordedVerdict[]> {
    const under = { policyRevision: this.policyRevision, dataRevision: this.dataRevision };
    await this.#takeTime();
    if (this.#chance.percent(this.#faults.broken))
      return rows.map(() => ({ allow: false, codes: ['ENGINE_FAILED'], ...under }));
    return rows.map((row) => ({ ...verdictOn(row, under.policyRevision), ...under }));
  }

  async adopt(configuration: Configuration): Promise<void> {
    if (this.dataRevision === configuration.revision) return;
    await this.#takeTime();
    if (this.#chance.percent(this.#faults.refusesData))
      throw new InjectedFault(`the policy refuses ${configuration.revision}`);
    this.dataRevision = configuration.revision;
  }

  #takeTime(): Promise<void> {
    return this.#loop.sleep(this.#chance.between(1, 5), this.#life);
  }
}

function verdictOn(
  { purpose }: GateRow,
  revision: string,
): Pick<RecordedVerdict, 'allow' | 'codes' | 'obligations'> {
  const denied = (code: string) => ({ allow: false, codes: [code] });
  if (purpose === PURPOSES.forbidden) return denied('FORBIDDEN');
  if (purpose === PURPOSES.strict && Number(revision.slice('pol_'.length)) % 3 === 0) return denied('STRICT');
  if (purpose === PURPOSES.reviewed)
    return { allow: true, codes: [], obligations: { approvals: [APPROVAL] } };
  return { allow: true, codes: [] };
}
