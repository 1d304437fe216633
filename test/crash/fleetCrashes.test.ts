// Many processes through bad days, shortly. CRASH_SEED repeats a seed that was printed, as far as a crash can be repeated.
import { randomInt } from 'node:crypto';
import { describeFleetCrashes } from './fleetSuite.ts';

const seed = Number(process.env.CRASH_SEED ?? randomInt(2 ** 31));
describeFleetCrashes({ cuts: 40, kills: 10, seed, limitMs: 600_000 });
