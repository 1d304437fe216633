// A worked agent: asks for GPUs, waits, works step by step under a lease that it keeps alive, asks for longer when the work needs it, and
// gives the units back. It stops at once when the lease is not its own any more. Run by hand (examples/README.md) and by a test.
//
//   ANNONA_TOKEN=$(npx annona token --agent analyst-01) node examples/agent/agent.ts
//
// In a project of its own the import is `annona/client`.

import { setTimeout as sleep } from 'node:timers/promises';
import { type AnnonaClient, createClient, type KeptAlive, type LeaseView } from '../../api/client/index.ts';

const settings = {
  baseUrl: process.env.ANNONA_URL || 'http://127.0.0.1:7400',
  token: process.env.ANNONA_TOKEN ?? '',
};
/** So many steps of work, each so long; the lease is asked for half of it, so that it must be extended. */
const STEPS = Number(process.argv[2] ?? 6);
const STEP_MS = Number(process.argv[3] ?? 1000);
const LEASE_SECONDS = Math.max(2, Math.ceil((STEPS * STEP_MS) / 2000));

async function main(): Promise<number> {
  const annona = createClient({ ...settings, retry: { tries: 5, jitter: Math.random } });

  // The name makes it safe to send again: however often it arrives, there is one request.
  const asked = await annona.submit({
    clientRequestId: `worked-agent-${process.pid}-${Date.now()}`,
    options: [
      { claims: [{ kind: 'gpu', quantity: 2, selector: { model: ['A100', 'H100'] } }] },
      { claims: [{ kind: 'gpu', quantity: 2 }] },
    ],
    terms: { class: 'standard', durationSeconds: LEASE_SECONDS, summary: 'the worked agent of the examples' },
  });
  say(`asked for two GPUs as ${asked.id}`);

  const request = await annona.wait(asked.id, {
    timeoutSeconds: 60,
    seen: ({ state, reasons }) =>
      say(`it is ${state} ${reasons.map(({ code }) => code).join(', ')}`.trimEnd()),
  });
  if (request.state !== 'granted' || request.lease === null) {
    // Nobody will come back for it: do not leave it in the queue.
    if (request.state === 'queued' || request.state === 'waiting') await annona.cancel(request.id);
    say(`got nothing: ${request.reasons.map(({ advice }) => advice).join(' ')}`);
    return 1;
  }

  const lease = await annona.lease(request.lease);
  say(`hold ${lease.allocations.map(({ quantity, pool }) => `${quantity} of ${pool}`).join(' and ')}`);
  return work(annona, lease);
}

/** Works until it is done, or until the lease is gone. */
async function work(annona: AnnonaClient, lease: LeaseView): Promise<number> {
  const gone = new AbortController();
  let endsAt = lease.endsAt;
  let revoking = false;
  const kept: KeptAlive = annona.keepAlive(lease, {
    beat(answer) {
      endsAt = answer.endsAt;
      revoking = answer.state === 'revoking';
    },
  });
  // Whatever ends the heartbeats ends the work: the units may be somebody else's from now on.
  void kept.ended.then((end) => {
    if (end.type === 'lost') say(`the lease is gone: ${end.problem.message}`);
    if (end.type === 'unheard') say('no heartbeat got through: the lease must be taken for expired');
    gone.abort();
  });

  let step = 0;
  try {
    for (; step < STEPS && !gone.signal.aborted && !revoking; step += 1) {
      const leftMs = Date.parse(endsAt) - Date.now();
      if (leftMs < 2 * STEP_MS) endsAt = await extend(annona, lease, step);
      say(`step ${step + 1} of ${STEPS}`);
      await sleep(STEP_MS, undefined, { signal: gone.signal }).catch(() => undefined);
    }
  } finally {
    await kept.stop();
  }
  if (gone.signal.aborted && (await kept.ended).type !== 'stopped') return 1;
  // The epoch proves that it is still ours to give back.
  if (revoking && step < STEPS) {
    // Acknowledged and not released: so the rest is asked for again, under the age of this request.
    await annona.acknowledge(lease.id, lease.epoch);
    say(`asked to give it back: ${step} steps are kept, the rest is taken up again`);
    return 1;
  }
  await annona.release(lease.id, lease.epoch);
  say(`done with ${step} steps, gave the units back`);
  return step === STEPS ? 0 : 1;
}

/** Asks for as long again; the next tick decides. The key makes a repeated call one wish. */
async function extend(annona: AnnonaClient, lease: LeaseView, step: number): Promise<string> {
  let wish = await annona.extend(lease, { seconds: LEASE_SECONDS, key: `${lease.id}-step-${step}` });
  while (wish.outcome === 'pending') {
    await sleep(50);
    wish = await annona.extension(wish.id);
  }
  say(wish.outcome === 'granted' ? `may hold it until ${wish.endsAt}` : 'may not hold it longer');
  return wish.endsAt ?? lease.endsAt;
}

function say(line: string): void {
  console.log(line);
}

process.exitCode = await main();
