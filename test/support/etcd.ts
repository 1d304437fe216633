// An etcd for tests: one member of their own, on free ports. Invariant: its data goes with it; what was started is killed.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { answers, freePorts, startOwn } from './ownProcess.ts';
import { absenceOf, requireProgram } from './services.ts';

export interface TestEtcd {
  /** For clients, over HTTP: `/v3/kv/…` is its JSON gateway. */
  readonly url: string;
  /** SIGKILL; its data stays. */
  kill(): Promise<void>;
  /** The same member on its data, at the same address. */
  startAgain(): Promise<void>;
  stop(): Promise<void>;
}

/** Null where `startEtcd` works; else the reason for the one skip. With CI set an absent one is a failure. */
export function etcdAbsence(): string | null {
  return absenceOf('etcd', { own: true });
}

/** Always one of its own: tests kill it. */
export async function startEtcd(): Promise<TestEtcd> {
  const directory = mkdtempSync(join(tmpdir(), 'annona-etcd-'));
  const [clients, peers] = await freePorts(2);
  const url = `http://127.0.0.1:${clients}`;
  const peer = `http://127.0.0.1:${peers}`;
  const log = join(directory, 'log');
  const options = {
    'data-dir': join(directory, 'data'),
    'listen-client-urls': url,
    'advertise-client-urls': url,
    'listen-peer-urls': peer,
    'initial-advertise-peer-urls': peer,
    'initial-cluster': `default=${peer}`,
  };
  const args = Object.entries(options).map(([name, value]) => `--${name}=${value}`);
  const program = requireProgram('etcd');
  let own: ReturnType<typeof startOwn>;
  const stop = async () => {
    await own.kill();
    rmSync(directory, { recursive: true, force: true });
  };
  const start = async () => {
    own = startOwn(program, args, { log });
    try {
      await answers(own, () => healthy(url));
    } catch (error) {
      const said = readFileSync(log, 'utf8');
      await stop();
      throw new Error(`etcd: ${(error as Error).message}\n${said}`);
    }
  };
  await start();
  return { url, kill: () => own.kill(), startAgain: start, stop };
}

async function healthy(url: string): Promise<void> {
  const answer = await fetch(`${url}/health`);
  const { health } = (await answer.json()) as { health?: string };
  if (health !== 'true') throw new Error('not healthy yet');
}
