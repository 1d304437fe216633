// Every act on policies, by a keeper over the memory store and a real service: what is refused changes nothing and is told.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createMemoryStore, type MemoryStore } from '../../../adapters/memory/store.ts';
import type { PolicyWish } from '../../../api/ports.ts';
import { underWhatIsInForce } from '../../../api/roles/policies.ts';
import { PolicyFolder } from '../../../api/roles/policyFolder.ts';
import { bundleInForce, PolicyKeeper } from '../../../api/roles/policyKeeper.ts';
import type { LivePolicy, PolicyBundle } from '../../../policies/index.ts';
import {
  defaultBundle,
  newSigningKey,
  signBundle,
  trustedKeys,
  workerPolicy,
} from '../../../policies/node.ts';
import type { IntakeActor } from '../../../scheduler/index.ts';
import { aRow, hostileBundle, outcomes, vectors } from '../../policies/support.ts';

const CELL = 'main';
const pair = newSigningKey();
const keys = trustedKeys(pair.publicKey);
const WISH: PolicyWish = {
  actor: { subject: 'author', department: 'research', agent: null } as unknown as IntakeActor,
  expected: null,
};
const PLAIN = { tick: 't', rows: [aRow({ purpose: 'plain' })] };

let store: MemoryStore;
const services: LivePolicy[] = [];
let hostile: PolicyBundle;
let text: string;

async function aKeeper(): Promise<{ keeper: PolicyKeeper; service: LivePolicy }> {
  const shipped = await defaultBundle();
  const bundle = await bundleInForce({ cell: CELL, store: store.policies, shipped, keys });
  const service = await workerPolicy({ bundle, data: vectors.data });
  services.push(service);
  const keeper = new PolicyKeeper({
    cell: CELL,
    store: store.policies,
    service,
    shipped,
    keys,
    configurationRevision: () => 'cfg_1',
    now: () => 7,
    timers: { sleep: async () => {} },
    log: () => {},
  });
  return { keeper, service };
}

beforeEach(async () => {
  store = createMemoryStore({ now: () => 7 });
  hostile = await hostileBundle();
  text = signBundle({ bundle: hostile, vectors: undefined, privateKey: pair.privateKey });
});
afterEach(async () => {
  for (const service of services.splice(0)) await service.close();
});

const revisionOf = () => hostile.manifest.revision;

describe('a keeper', () => {
  it('takes a bundle in, activates it, and goes back', async () => {
    const { keeper, service } = await aKeeper();
    const shipped = service.revision;
    expect(await keeper.upload(text, 'author')).toEqual({ type: 'stored', revision: revisionOf() });
    expect(service.revision).toBe(shipped);
    const moved = await keeper.activate(revisionOf(), WISH);
    expect(moved).toMatchObject({
      type: 'moved',
      head: { sequence: 1, active: revisionOf(), previous: 'shipped' },
    });
    expect(outcomes(await service.evaluate(PLAIN))).toEqual(['PLAIN']);
    expect(await keeper.rollback(WISH)).toMatchObject({
      type: 'moved',
      head: { active: 'shipped', previous: revisionOf() },
    });
    expect(outcomes(await service.evaluate(PLAIN))).toEqual(['allow']);
    const { rows } = await store.intake.take(CELL, 10);
    expect(rows.map(({ command }) => command)).toMatchObject([
      { object: 'policy', before: 'shipped', after: revisionOf() },
      { object: 'policy', before: revisionOf(), after: 'shipped' },
    ]);
  });

  it('refuses what is not signed by a trusted key, keeps what is active, and says so in the status', async () => {
    const { keeper, service } = await aKeeper();
    const before = service.revision;
    const foreign = signBundle({
      bundle: hostile,
      vectors: undefined,
      privateKey: newSigningKey().privateKey,
    });
    expect(await keeper.upload(foreign, 'author')).toMatchObject({
      type: 'refused',
      code: 'BUNDLE_KEY_UNKNOWN',
    });
    expect(await keeper.upload('{', 'author')).toMatchObject({ type: 'refused', code: 'BUNDLE_MALFORMED' });
    expect(service.revision).toBe(before);
    expect(await keeper.bundles()).toEqual([]);
    const { failures, active, trustedKeys: trusted } = await keeper.status();
    expect(failures).toMatchObject([
      { at: 7, doing: 'upload', code: 'BUNDLE_KEY_UNKNOWN' },
      { at: 7, doing: 'upload', code: 'BUNDLE_MALFORMED' },
    ]);
    expect([active, trusted]).toEqual(['shipped', [pair.id]]);
  });

  it('refuses a file that was changed in the store, and stays with what is active', async () => {
    const { keeper, service } = await aKeeper();
    const changed = text.replace('"v":1', '"v":3');
    const about = { revision: revisionOf(), sha256: 'x', keyId: pair.id, subject: 'author', text: changed };
    await store.policies.put(CELL, about);
    expect(await keeper.activate(revisionOf(), WISH)).toMatchObject({
      type: 'refused',
      code: 'BUNDLE_VERSION_UNKNOWN',
    });
    expect(await store.policies.head(CELL)).toMatchObject({ sequence: 0 });
    expect(service.revision).toBe((await defaultBundle()).manifest.revision);
  });

  it('refuses an act on a head that the caller has not seen, and one on nothing', async () => {
    const { keeper } = await aKeeper();
    await keeper.upload(text, 'author');
    expect(await keeper.activate(revisionOf(), { ...WISH, expected: 4 })).toMatchObject({
      type: 'superseded',
    });
    expect(await keeper.activate('f'.repeat(64), WISH)).toEqual({ type: 'absent' });
    expect(await keeper.rollback(WISH)).toEqual({ type: 'nothing' });
    expect(await keeper.activate('shipped', WISH)).toMatchObject({ type: 'moved', head: { sequence: 0 } });
  });

  it('follows what another process did, and begins with what is in force', async () => {
    const one = await aKeeper();
    const other = await aKeeper();
    await one.keeper.upload(text, 'author');
    await one.keeper.activate(revisionOf(), WISH);
    expect(other.service.revision).not.toBe(revisionOf());
    await other.keeper.follow();
    expect(other.service.revision).toBe(revisionOf());
    expect((await aKeeper()).service.revision).toBe(revisionOf());
  });

  it('has a new leader judge by what is in force before it loads its memory', async () => {
    const [leader, elected] = [await aKeeper(), await aKeeper()];
    await leader.keeper.upload(text, 'author');
    await leader.keeper.activate(revisionOf(), WISH);
    expect(elected.service.revision).not.toBe(revisionOf());
    const loadedUnder: string[] = [];
    const source = underWhatIsInForce(elected.keeper, {
      load: async () => {
        loadedUnder.push(elected.service.revision);
        return null as never;
      },
    });
    await source.load(CELL as never, 2 as never);
    expect(loadedUnder).toEqual([revisionOf()]);
    expect(outcomes(await elected.service.evaluate(PLAIN))).toEqual(['PLAIN']);
  });

  it('does not begin on a bundle whose key is trusted no more', async () => {
    const { keeper } = await aKeeper();
    await keeper.upload(text, 'author');
    await keeper.activate(revisionOf(), WISH);
    const shipped = await defaultBundle();
    const strange = trustedKeys(newSigningKey().publicKey);
    await expect(
      bundleInForce({ cell: CELL, store: store.policies, shipped, keys: strange }),
    ).rejects.toThrow('BUNDLE_KEY_UNKNOWN');
  });

  it('compares a candidate, and lets it take over when it has stayed clean', async () => {
    const { keeper, service } = await aKeeper();
    await keeper.upload(text, 'author');
    await keeper.compare({ revision: revisionOf(), promoteAfterTicks: 3 }, WISH);
    await service.evaluate({ tick: 't0', rows: [aRow({ purpose: 'plain' })] });
    const reported = async () => (await keeper.status()).candidate;
    expect((await reported())?.revision).toBe(revisionOf());
    for (let tick = 1; service.revision !== revisionOf(); tick += 1) {
      await service.evaluate({ tick: `t${tick}`, rows: [aRow({ purpose: 'fine' })] });
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await store.policies.head(CELL)).toMatchObject({ active: revisionOf(), candidate: null });
    const { rows } = await store.intake.take(CELL, 10);
    expect(rows.map(({ actor, command }) => [actor.subject, (command as { object: string }).object])).toEqual(
      [
        ['author', 'policy/candidate'],
        ['policy-promotion', 'policy'],
      ],
    );
  });

  it('ends a comparison, and starts it again in a process that follows', async () => {
    const { keeper, service } = await aKeeper();
    await keeper.upload(text, 'author');
    await keeper.compare({ revision: revisionOf(), promoteAfterTicks: null }, WISH);
    const other = await aKeeper();
    await other.keeper.follow();
    expect(other.service.standing().shadow?.revision).toBe(revisionOf());
    await keeper.compare(null, WISH);
    expect(service.standing().shadow).toBeNull();
    await other.keeper.follow();
    expect(other.service.standing().shadow).toBeNull();
    expect(await keeper.compare({ revision: 'f'.repeat(64), promoteAfterTicks: null }, WISH)).toEqual({
      type: 'absent',
    });
  });
});

describe('a watched folder', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'annona-bundles-'));
  });
  afterEach(() => rm(folder, { recursive: true }));
  const timers = { sleep: async () => {} };

  it('activates what is dropped into it, and tells of what is refused', async () => {
    const { keeper, service } = await aKeeper();
    const watched = new PolicyFolder({ folder, keeper, timers });
    await watched.look();
    await writeFile(join(folder, 'broken.bundle.json'), '{');
    await writeFile(join(folder, 'notes.txt'), 'no bundle');
    await watched.look();
    expect((await keeper.status()).failures).toMatchObject([{ doing: 'upload', code: 'BUNDLE_MALFORMED' }]);
    await writeFile(join(folder, 'next.bundle.json'), text);
    await watched.look();
    expect(service.revision).toBe(revisionOf());
    const { sequence } = await keeper.status();
    await watched.look();
    expect((await keeper.status()).sequence).toBe(sequence);
  });

  it('undoes no rollback at a restart', async () => {
    const first = await aKeeper();
    await writeFile(join(folder, 'next.bundle.json'), text);
    await new PolicyFolder({ folder, keeper: first.keeper, timers }).look();
    await first.keeper.rollback(WISH);
    const second = await aKeeper();
    await new PolicyFolder({ folder, keeper: second.keeper, timers }).look();
    expect((await second.keeper.status()).active).toBe('shipped');
  });

  it('that is not there is told, and looked for again', async () => {
    const { keeper } = await aKeeper();
    await new PolicyFolder({ folder: join(folder, 'none'), keeper, timers }).look();
    expect((await keeper.status()).failures).toMatchObject([{ doing: 'folder', code: 'FOLDER_UNREADABLE' }]);
  });
});
