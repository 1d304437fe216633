// A whole server of the sample organisation with something on it to look at: granted, waiting and denied requests, an approval, two policies.
// Invariant: loopback and folders of its own, all of it gone with `close`. Used by the console's tests, screenshots and bench.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mintToken } from '../../../adapters/identity/mint.ts';
import { loadOrCreateSigningKey } from '../../../adapters/identity/signingKey.ts';
import { now } from '../../../adapters/system/clock.ts';
import { sha256 } from '../../../adapters/system/digest.ts';
import { buildConsole } from '../../../api/cli/buildConsole.ts';
import { type AnnonaClient, createClient, ProblemError, type SubmitBody } from '../../../api/client/index.ts';
import { loadOrganisation } from '../../../api/organisation/index.ts';
import { DEFAULT_AUDIENCE } from '../../../api/roles/serverOptions.ts';
import type { TokenHolder } from '../../../api/roles/token.ts';
import type { AgentId, Configuration, DepartmentId } from '../../../scheduler/index.ts';
import { type LiveServer, liveServer } from '../../support/liveServer.ts';
import { ran } from '../cli/recording.ts';
import { ACME } from '../organisation/aTree.ts';
import { CLIENT, type IdentityProvider, openIdentityProvider } from './identityProvider.ts';

const ROOT = join(import.meta.dirname, '../../..');

export interface Rig {
  readonly url: string;
  readonly directory: string;
  readonly configuration: Configuration;
  /** Where its people sign in, and whose tokens it trusts. */
  readonly provider: IdentityProvider;
  token(holder: TokenHolder, validSeconds?: number): Promise<string>;
  client(holder: TokenHolder): Promise<AnnonaClient>;
  /** On the same port, so that an open page finds it again. */
  restart(): Promise<void>;
  stop(): Promise<void>;
  close(): Promise<void>;
}

export const OPERATOR: TokenHolder = { role: 'operator', department: 'operations' };
export const AUTHOR: TokenHolder = { role: 'administrator', department: 'operations' };
export const REVIEWER: TokenHolder = { role: 'reviewer', department: 'data-science' };
/** Answers for what research may hold and spend. */
export const HEAD: TokenHolder = { role: 'department-head', department: 'research' };
/** Works with restricted data: the policies that ship ask a reviewer for it. */
export const PAYROLL: TokenHolder = { role: 'agent', department: 'hr', agent: 'payroll-01' };
/** Its requests wait. */
export const WAITER: TokenHolder = { role: 'agent', department: 'research', agent: 'judge-02' };
const HOLDER: TokenHolder = { role: 'agent', department: 'research', agent: 'judge-14' };

export async function openRig(): Promise<Rig> {
  await buildConsole();
  const directory = mkdtempSync(join(tmpdir(), 'annona-console-'));
  await ran('policy', 'keygen', join(directory, 'team'));
  const configuration = await acme();
  const { privateKey: key } = await loadOrCreateSigningKey(directory);
  const mint = ({ role, department, agent }: TokenHolder, validSeconds = 12 * 3600): Promise<string> =>
    mintToken({
      ...{
        key,
        issuer: provider.issuer,
        audience: DEFAULT_AUDIENCE,
        subject: agent ?? `${role}@${department}`,
      },
      ...{ role, department: department as DepartmentId, now: now(), validSeconds },
      ...(agent === undefined ? {} : { agent: agent as AgentId }),
    });
  const provider = await openIdentityProvider(() => mint);
  const start = (port: number): Promise<LiveServer> =>
    liveServer(directory, configuration, {
      port,
      issuer: provider.issuer,
      signIn: { client: CLIENT, scope: 'openid' },
      sideJobs: 'process',
      policies: { keyFiles: [join(directory, 'team.pub.pem')], logMask: [], logSample: 1 },
    });
  let server = await start(0);
  const { url } = server;
  return {
    provider,
    url: `${url}/`,
    directory,
    configuration,
    token: mint,
    client: async (holder) => createClient({ baseUrl: url, token: await mint(holder) }),
    stop: () => server.stop(),
    async restart() {
      server = await start(Number(new URL(url).port));
    },
    async close() {
      await server.stop().catch(() => undefined);
      await provider.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

const HOLD_PERCENT = 20;

async function acme(): Promise<Configuration> {
  const loaded = await loadOrganisation(ACME, { now: now(), digest: sha256 });
  if (!loaded.ok) throw new Error('the sample organisation is refused');
  // So that an offer of one of its small pools may be held: two in a hundred of 160 are 3.
  const reservations = { ...loaded.configuration.reservations, holdPercent: HOLD_PERCENT };
  return { ...loaded.configuration, reservations };
}

/** What a page must show as it stands, and never run. */
export const HOSTILE = '<img src=x onerror="document.title=\'owned\'">&amp;"\u202e';

const H100 = { model: 'H100', zone: 'waw1' };
const terms = (summary: string, change: object = {}): SubmitBody['terms'] => ({
  class: 'standard',
  durationSeconds: 1800,
  purpose: 'evaluation of a ranking model',
  summary,
  ...change,
});

/** Fills one small pool, so that what comes after it waits, with offers. Answers the request that waits. */
export async function fill(rig: Rig): Promise<string> {
  const holder = await rig.client(HOLDER);
  const gpus = (id: string, quantity: number, summary: string, change: object = {}): SubmitBody => ({
    clientRequestId: id,
    options: [{ claims: [{ kind: 'gpu', quantity, selector: H100 }] }],
    terms: terms(summary, change),
  });
  for (const [id, quantity] of [
    ['hold-1', 64],
    ['hold-2', 64],
    ['hold-3', 16],
  ] as const) {
    const { lease } = await holder.submit(gpus(id, quantity, 'Fine-tuning of the ranking model'), {
      waitSeconds: 20,
    });
    const { epoch } = await holder.lease(String(lease));
    await holder.heartbeat(String(lease), epoch);
  }
  const waiter = await rig.client(WAITER);
  await waiter.submit(gpus('wait-0', 48, HOSTILE));
  const waiting = await waiter.submit(gpus('wait-1', 32, 'Nightly evaluation of the ranking model'), {
    waitSeconds: 1,
  });
  await waiter.submit(
    gpus('denied-1', 1, 'Without a purpose', { classification: 'confidential', purpose: '' }),
    { waitSeconds: 20 },
  );
  return waiting.id;
}

/** One heartbeat for all that `fill` holds: what waits for it waits another minute. */
export async function keepHeld(rig: Rig): Promise<void> {
  const holder = await rig.client(HOLDER);
  const { items } = await holder.get('/v1/leases', { state: 'active' });
  const leases = items as readonly { readonly id: string; readonly epoch: number }[];
  for (const { id, epoch } of leases)
    await holder.heartbeat(id, epoch).catch((error: unknown) => {
      // Where its agent is at work besides, a lease may end between the two calls.
      if (!(error instanceof ProblemError) || error.code !== 'LEASE_ENDED') throw error;
    });
}

/** A policy that asks a reviewer for what is confidential, built as an author builds one. Answers its revision. */
export async function pushReviewed(rig: Rig): Promise<string> {
  const at = (name: string): string => join(rig.directory, name);
  cpSync(join(ROOT, 'policies/rego/default'), at('reviewed'), { recursive: true });
  const file = at('reviewed/handling.rego');
  const text = readFileSync(file, 'utf8');
  const changed = text.replace(
    'proof.below(row.classification, data.organisation.approvalRequiredFrom)',
    'proof.below(row.classification, 2)',
  );
  if (changed === text) throw new Error('the rule that asks for an approval reads otherwise now');
  writeFileSync(file, changed);
  for (const name of ['traps_test.rego', 'vectors_test.rego'])
    rmSync(at(`reviewed/${name}`), { force: true });
  const built = await ran(
    'policy',
    'build',
    at('reviewed'),
    '-o',
    at('next'),
    '--sign',
    at('team.key.pem'),
    '--json',
  );
  if (built.exitCode !== 0) throw new Error(`the policy is not built: ${built.err}${built.out}`);
  const author = await rig.client(AUTHOR);
  const content = readFileSync(at('next.bundle.json'), 'utf8');
  const type = 'application/vnd.annona.policy-bundle';
  return String((await author.upload('/v1/policies', { type, content })).revision);
}

/** The newest tick that had a program: the server keeps files of its last ticks alone. */
export async function solvedTick(rig: Rig): Promise<number> {
  const { items } = await (await rig.client(OPERATOR)).get('/v1/ticks', { limit: 50 });
  const ticks = items as readonly { readonly tick: number; readonly stages: readonly unknown[] }[];
  const solved = ticks.find(({ stages }) => stages.length > 0);
  if (solved === undefined) throw new Error('none of the last ticks solved anything');
  return solved.tick;
}
