// kill -9 of the server, three hundred times: about half an hour on two cores.
import { randomInt } from 'node:crypto';
import { describeKills } from './kills.ts';

const limitMs = 4 * 60 * 60_000;
describeKills({ kills: 300, seed: Number(process.env.CRASH_SEED ?? randomInt(2 ** 31)), limitMs });
