// A cell of many processes through bad days under load: lines cut between COMMIT and its reply, members killed at random, two leaders at once, a
// frozen one that comes back, sessions ended, a clock that is wrong. Then what must be true of everything that was acknowledged and written.
// Invariant: ends only processes that it started. Run by fleetCrashes.test.ts and crashRig.ts.

import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { StoreDump } from '../../adapters/memory/tables.ts';
import type { AnnonaClient } from '../../api/client/index.ts';
import type { ProcessRole } from '../../api/roles/role.ts';
import { CutProxy } from '../support/cutProxy.ts';
import { type Fleet, type FleetDatabase, leaderOf, type Member, startFleet } from '../support/fleet.ts';
import { checkPromises } from '../support/promises.ts';
import { replayDump } from '../support/replayDump.ts';
import { dumpPostgres } from '../support/stores.ts';
import { seededDraw } from '../support/syntheticTick.ts';
import { type Acknowledged, lostActs, nothingAcknowledged } from './acknowledged.ts';
import { createFollower, type Follower } from './follower.ts';
import { type Draw, type Load, startLoad } from './load.ts';
import { comeToRest, crashOrganisation, until } from './rig.ts';

/** Ten agents: about thirty submits a second, of which most have an outcome before the run is over. */
const PAUSE_MS = 300;
/** Of an agent, more than it holds at a time and few enough for a tick to be as long at the end as at the start. */
const OPEN_MOST = 20;
/** A connection each. */
const ASKED = { everyMs: 100 } as const;

export interface CrashPlan {
  /** Lines cut when the answer to a COMMIT is on its way. */
  readonly cuts: number;
  /** How often all lines of the leader, or of an API process, fall silent for ever while new ones come through; absent: never. */
  readonly halfOpen?: number;
  /** Whether every committed tick is decided again in the end: the suite of a single server's kills does so each time. */
  readonly replays?: boolean;
  /** kill -9 of a member drawn at random. */
  readonly kills: number;
  readonly seed: number;
  /** Kills one of the database's own processes, so that it restarts whole; not on a server that others use. */
  readonly restartDatabase?: (url: string) => Promise<void>;
  readonly database?: FleetDatabase;
  readonly note: (line: string) => void;
}

export interface Aftermath {
  readonly submits: number;
  readonly unanswered: number;
  readonly ticks: number;
  readonly epochs: number;
  readonly cuts: number;
  readonly killed: readonly string[];
  /** Acknowledged, and not there. */
  readonly lost: readonly string[];
  /** Of one key, more than one request; of one commit, more than one tick. */
  readonly duplicated: readonly string[];
  /** Breaches of the promises, over capacity among them. */
  readonly broken: readonly string[];
  /** Committed ticks that were decided again from their records, and those of them that came out otherwise. */
  readonly replayed: number;
  readonly different: readonly string[];
  /** Units that nobody holds any more and that are still booked. */
  readonly leaked: number;
  /** Decisions dated by a clock that is not the database's. */
  readonly misdated: number;
}

interface Run {
  readonly plan: CrashPlan;
  readonly fleet: Fleet;
  readonly draw: Draw;
  readonly acknowledged: Acknowledged;
  readonly follower: Follower;
  readonly loads: Map<Member, Load>;
  readonly open: Map<string, string[]>;
  readonly failures: unknown[];
  /** API processes that were killed, or whose agents were told to end: nobody else's agents may leave. */
  readonly left: Set<Member>;
  /** Before every scheduler, and before every API process. */
  readonly leader: CutProxy;
  readonly intake: CutProxy;
  cycle: number;
  over: boolean;
  readonly killed: string[];
  readonly duplicated: string[];
}

export async function fleetCrashes(plan: CrashPlan): Promise<Aftermath> {
  const given = plan.database === undefined ? {} : { database: plan.database };
  const fleet = await startFleet(crashOrganisation(), given);
  const [leader, intake] = [
    await CutProxy.before(fleet.databaseUrl),
    await CutProxy.before(fleet.databaseUrl),
  ];
  const run: Run = {
    ...{ plan, fleet, draw: seededDraw(plan.seed), acknowledged: nothingAcknowledged() },
    ...{
      follower: createFollower(fleet.configuration.cell),
      loads: new Map(),
      open: new Map(),
      failures: [],
      left: new Set(),
    },
    ...{ leader, intake, cycle: 0, over: false, killed: [], duplicated: [] },
  };
  try {
    await start(run, ['scheduler']);
    await work(run, await start(run, ['api']));
    await forgetLines(run);
    // Whoever takes over from the first leader goes by a wrong clock.
    const more = [startWithWrongClock(run), start(run, ['api']), start(run, ['worker', 'relay'])] as const;
    const [wrong, api] = await Promise.all(more);
    await work(run, api);
    const following = follow(run);
    await badDays(run, wrong);
    await cutAndKill(run);
    for (const [member, load] of run.loads) {
      run.left.add(member);
      load.end();
    }
    await Promise.all([...run.loads.values()].map(({ done }) => done));
    const aftermath = await lookBack(run);
    await following;
    return aftermath;
  } finally {
    await fleet.cleanUp();
    for (const proxy of [leader, intake]) await proxy.close();
  }
}

/** Behind the proxy of its role. */
function start({ fleet, leader, intake }: Run, roles: readonly ProcessRole[]): Promise<Member> {
  const proxy = roles.includes('scheduler') ? leader : roles.includes('api') ? intake : null;
  return fleet.start(roles, proxy === null ? {} : { databaseUrl: proxy.url });
}

/** All lines of a leader, or of an API process, that is the only one. */
async function forgetLines(run: Run): Promise<void> {
  const { plan, leader, intake } = run;
  for (let i = 0; i < (plan.halfOpen ?? 0); i += 1) {
    const lines = (i % 2 === 0 ? leader : intake).forgetLines();
    await goesOn(run);
    plan.note(`ticks resumed after ${lines} lines were half open`);
  }
}

/**
 * At once, so that members also die with a reply lost, and replies are lost while members start. Whoever leads, or writes, loses them; a pause
 * lets a retry through, which would be cut again otherwise.
 */
async function cutAndKill(run: Run): Promise<void> {
  const { plan, draw, leader, intake } = run;
  const rounds = Math.max(1, plan.kills);
  const cutting = async (proxy: CutProxy, statement: string, cuts: number): Promise<void> => {
    for (let i = 0; i < cuts; i += 1) {
      await sleep(draw(50, 250));
      await untilCut(run, proxy.cutNext('beforeReply', statement));
    }
  };
  const ofLeader = Math.ceil(plan.cuts / 2);
  for (let round = 1; round <= rounds; round += 1) {
    const share = (of: number): number =>
      Math.floor((of * round) / rounds) - Math.floor((of * (round - 1)) / rounds);
    await Promise.all([
      cutting(leader, 'tick-commit', share(ofLeader)),
      cutting(intake, 'intake-write', share(plan.cuts - ofLeader)),
      ...(plan.kills > 0 ? [killOne(run, round)] : []),
    ]);
  }
}

/** A load that has failed, or left, makes no statement that could be cut: better to hear of that than to wait. */
async function untilCut(run: Run, cut: Promise<void>): Promise<void> {
  let isCut = false;
  void cut.then(() => {
    isCut = true;
  });
  await until(() => {
    refuseFailures(run);
    return isCut;
  });
}

function refuseFailures({ failures }: Run): void {
  if (failures.length > 0) throw new AggregateError(failures, 'the load met what it did not expect');
}

async function badDays(run: Run, wrong: Member): Promise<void> {
  const { fleet, plan } = run;
  await goesOn(run);
  await handLeaseTo(fleet, wrong);
  await goesOn(run);
  plan.note('two leaders at once, and the second goes by a wrong clock');
  wrong.freeze();
  await until(async () => (await leaderOf(without(fleet, wrong))) !== null);
  wrong.thaw();
  await goesOn(run);
  plan.note('a leader came back from a freeze and wrote nothing');
  await query(
    fleet,
    'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
  );
  await goesOn(run);
  plan.note('ticks resumed after every session was ended');
  if (plan.restartDatabase === undefined) return;
  await plan.restartDatabase(fleet.databaseUrl);
  await goesOn(run);
  plan.note('ticks resumed after the database restarted');
}

/** Whoever lost the lease may be the first to have it again: then it is taken once more, when everybody has heard who leads. */
async function handLeaseTo(fleet: Fleet, member: Member): Promise<void> {
  await until(async () => {
    const leader = await leaderOf(fleet);
    if (leader === null || leader === member) return leader === member;
    await takeLeaseAway(fleet);
    // Longer than a term's renewals are apart.
    await sleep(1500);
    return false;
  });
}

/** Of one that works: until it hears of that there are two. Its next renewal may come first, and is outrun in the end. */
async function takeLeaseAway(fleet: Fleet): Promise<void> {
  const epochs = () => query<{ epoch: string }>(fleet, "select epoch from leader where cell not like '%:%'");
  const [before] = await epochs();
  await until(async () => {
    await query(fleet, 'update leader set expires_at_ms = 0, locked = false where epoch = $1', [
      before!.epoch,
    ]);
    return (await epochs())[0]!.epoch !== before!.epoch;
  });
}

/** A look at the others alone: a frozen process does not answer. */
function without(fleet: Fleet, member: Member): Fleet {
  return { ...fleet, of: (role) => fleet.of(role).filter((one) => one !== member) };
}

async function startWithWrongClock(run: Run): Promise<Member> {
  const { NODE_OPTIONS: before = '' } = process.env;
  process.env.NODE_OPTIONS = `--import=${new URL('./wrongClock.ts', import.meta.url).href}`;
  // The environment is copied when the process is forked, before anything is awaited.
  const starting = start(run, ['scheduler']);
  process.env.NODE_OPTIONS = before;
  return starting;
}

/** Another twenty acknowledged submits are decided. */
async function goesOn(run: Run): Promise<void> {
  const { acknowledged, fleet } = run;
  const from = acknowledged.submits.length;
  await until(async () => {
    refuseFailures(run);
    const news = acknowledged.submits.slice(from).map(({ id }) => id);
    if (news.length < 20) return false;
    const found = await query<{ open: boolean }>(
      fleet,
      `select exists (select from request where id = any($1) and state = 'queued') or (select count(*) from request where id = any($1)) < $2 as open`,
      [news.slice(0, 20), 20],
    );
    return found[0]?.open === false;
  }, ASKED);
}

async function killOne(run: Run, nth: number): Promise<void> {
  const { fleet, draw, killed, plan } = run;
  await sleep(draw(100, 500));
  const members = fleet.members();
  const victim = members[draw(0, members.length - 1)]!;
  const led = victim === (await leaderOf(fleet));
  run.left.add(victim);
  await victim.kill();
  killed.push(led ? 'leader' : victim.roles.includes('scheduler') ? 'standby' : victim.roles.join('+'));
  await run.loads.get(victim)?.done;
  run.loads.delete(victim);
  const next = await start(run, victim.roles);
  if (next.roles.includes('api')) await work(run, next);
  await goesOn(run);
  plan.note(`kill ${nth}/${plan.kills}: ${killed.at(-1)}; ${run.leader.cuts + run.intake.cuts} lines cut`);
}

/** Agents that call this member until it is gone. */
async function work(run: Run, member: Member): Promise<void> {
  const { fleet, draw, acknowledged, failures } = run;
  run.cycle += 1;
  const load = await startLoad(member, {
    configuration: fleet.configuration,
    draw,
    acknowledged,
    cycle: run.cycle,
    pauseMs: PAUSE_MS,
    open: { most: OPEN_MOST, byAgent: run.open },
  });
  const leave = (): void => {
    if (!run.left.has(member)) failures.push(new Error('all agents left an API process that was not killed'));
  };
  load.done.then(leave, (error: unknown) => failures.push(error));
  run.loads.set(member, load);
}

/** On one API process after the other, from where the last one left off. */
async function follow(run: Run): Promise<void> {
  while (!run.over) {
    const [member] = run.fleet.of('api');
    if (member === undefined) await sleep(50);
    else await run.follower.follow(member);
  }
}

async function lookBack(run: Run): Promise<Aftermath> {
  const { fleet, acknowledged, follower } = run;
  refuseFailures(run);
  const [api] = fleet.of('api');
  const unanswered = acknowledged.unanswered.length;
  await resubmit(run, api!);
  const rig = {
    configuration: fleet.configuration,
    query: <Row extends pg.QueryResultRow>(_: unknown, text: string) => query<Row>(fleet, text),
    dump: () => withClient(fleet, dumpPostgres),
  };
  const { dump, heartbeats } = await comeToRest(rig, api!, acknowledged);
  await until(() => (follower.seen.at(-1)?.sequence ?? 0) >= dump.event.length);
  run.over = true;
  follower.leave();
  const { cell } = fleet.configuration;
  const { ticks: replayed, different } =
    run.plan.replays === true ? await replayDump(dump, { cell }) : { ticks: [], different: [] };
  const witnesses = { acknowledged: acknowledged.submits.map(({ id }) => id), streamed: follower.seen };
  return {
    submits: acknowledged.submits.length,
    unanswered,
    ticks: dump.tick.length,
    epochs: dump.leader.find(({ cell }) => cell === fleet.configuration.cell)!.epoch,
    cuts: run.leader.cuts + run.intake.cuts,
    killed: run.killed,
    lost: lostActs(acknowledged, { dump, heartbeats }),
    duplicated: [...run.duplicated, ...duplicates(dump)],
    broken: checkPromises(dump, witnesses).map(({ promise, what }) => `${promise}: ${what}`),
    replayed: replayed.length,
    different,
    leaked: dump.capacity_use.filter(({ consumable, used }) => !consumable && used !== 0).length,
    misdated: misdated(dump),
  };
}

/** Once more, what was never answered, and some of what was: the same key is the same request. */
async function resubmit(run: Run, api: Member): Promise<void> {
  const { fleet, acknowledged, draw } = run;
  const agents = fleet.configuration.agents;
  const clients = new Map<string, AnnonaClient>();
  for (const agent of agents) clients.set(agent.id, await api.clientOf(agent));
  for (const { agent, body } of acknowledged.unanswered.splice(0)) {
    const { id } = await clients.get(agent)!.submit(body);
    acknowledged.submits.push({ agent, body, id });
  }
  for (let i = 0; i < 50; i += 1) {
    const { agent, body, id } = acknowledged.submits[draw(0, acknowledged.submits.length - 1)]!;
    const again = await clients.get(agent)!.submit(body);
    if (again.id !== id) run.duplicated.push(`${body.clientRequestId} is ${id} and ${again.id}`);
  }
}

function duplicates(dump: StoreDump): string[] {
  const seen = new Set<string>();
  const twice: string[] = [];
  const note = (key: string): void => {
    if (seen.has(key)) twice.push(key);
    seen.add(key);
  };
  for (const row of dump.request) note(`request ${row.agent_id} ${row.document.clientRequestId}`);
  for (const row of dump.lease) note(`lease of ${row.request_id}`);
  for (const row of dump.tick) note(`tick ${row.tick}`);
  return twice;
}

/** The database's clock is this machine's: a tick that is dated from tomorrow was dated by another. */
function misdated({ tick }: StoreDump): number {
  const latest = Date.now() + 60_000;
  return tick.filter(({ record }) => record.now > latest).length;
}

async function query<Row extends pg.QueryResultRow>(
  fleet: Fleet,
  text: string,
  values: unknown[] = [],
): Promise<Row[]> {
  return withClient(fleet, async (client) => (await client.query<Row>(text, values)).rows);
}

async function withClient<Result>(
  fleet: Fleet,
  act: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  const client = new pg.Client(fleet.databaseUrl);
  await client.connect();
  try {
    return await act(client);
  } finally {
    await client.end();
  }
}
