// kill -9 of the server, ten times; random members of many processes die in fleetCrashes.test.ts. CRASH_SEED repeats a seed that was printed, as far as a crash can be repeated.
import { randomInt } from 'node:crypto';
import { describeKills } from './kills.ts';

describeKills({ kills: 10, seed: Number(process.env.CRASH_SEED ?? randomInt(2 ** 31)), limitMs: 300_000 });
