// Many processes through bad days, at length. CRASH_KILLS and CRASH_CUTS ask for other numbers.
import { randomInt } from 'node:crypto';
import { describeFleetCrashes } from './fleetSuite.ts';

const { CRASH_KILLS = '100', CRASH_CUTS = '500', CRASH_SEED = String(randomInt(2 ** 31)) } = process.env;
const [kills, cuts, seed] = [CRASH_KILLS, CRASH_CUTS, CRASH_SEED].map(Number) as [number, number, number];
describeFleetCrashes({ cuts, halfOpen: 6, replays: true, kills, seed, limitMs: 2 * 60 * 60_000 });
