// kill -9 of the server, three hundred times: about half an hour on two cores. CRASH_KILLS asks for another number.
import { randomInt } from 'node:crypto';
import { describeKills } from './kills.ts';

const kills = Number(process.env.CRASH_KILLS ?? 300);
const seed = Number(process.env.CRASH_SEED ?? randomInt(2 ** 31));
describeKills({ kills, seed, limitMs: 4 * 60 * 60_000 });
