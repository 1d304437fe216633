// Simulations that can be asked for over HTTP, by name, each loaded when it is run: `{ kind: "simulation", input: { runner, input } }`.
// Invariant: a runner takes its input as unknown and checks it, with SideJobInputError for what is wrong. Called by runners.ts.

import type { SideJobRunner } from '../../ports.ts';

/** `planner: async () => (await import('…')).createPlanner()`. */
export const SIMULATIONS: Readonly<Record<string, () => Promise<SideJobRunner>>> = {};
