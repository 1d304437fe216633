// The revision is the content address of the expanded organisation: how it is written does not count, what it says does.

import { expect, it } from 'vitest';
import { loadOrganisation } from '../../../api/organisation/index.ts';
import { ACME, configurationOf, NOW, sha256, smallTree } from './aTree.ts';

const wantRevision = () => configurationOf(smallTree()).revision;

it('is cfg_ and 16 hexadecimal digits', () => {
  expect(wantRevision()).toMatch(/^cfg_[0-9a-f]{16}$/);
});

it('is the same for the same tree read twice', async () => {
  const read = async () => {
    const loaded = await loadOrganisation(ACME, { now: NOW, digest: sha256 });
    return loaded.ok ? loaded.configuration : null;
  };
  const first = await read();
  expect(first).not.toBeNull();
  expect(await read()).toEqual(first);
});

it('does not depend on the order of keys', () => {
  const changed = smallTree({
    file: 'pools',
    replace: '{ id: a100, kind: gpu, unit: GPU, capacity: 10, labels: { model: A100 } }',
    by: '{ labels: { model: A100 }, capacity: 10, unit: GPU, kind: gpu, id: a100 }',
  });
  expect(configurationOf(changed).revision).toBe(wantRevision());
});

it('does not depend on the order of entries, comments or absent defaults', () => {
  const changed = smallTree(
    {
      file: 'pools',
      replace: '  - { id: a100, kind: gpu, unit: GPU, capacity: 10, labels: { model: A100 } }\n',
      by: '',
    },
    {
      file: 'pools',
      replace: '  - id: counsel',
      by: '  # moved\n  - { id: a100, kind: gpu, unit: GPU, capacity: 10, labels: { model: A100 }, priceMinor: 0 }\n  - id: counsel',
    },
  );
  expect(configurationOf(changed).revision).toBe(wantRevision());
});

it('does not depend on how the tree is cut into files', () => {
  const { 'organisation.yaml': first, ...others } = smallTree();
  expect(configurationOf({ 'all.yml': first + Object.values(others).join('') }).revision).toBe(
    wantRevision(),
  );
});

it('changes with any amount', () => {
  const changed = smallTree({ file: 'pools', replace: 'capacity: 6', by: 'capacity: 7' });
  expect(configurationOf(changed).revision).not.toBe(wantRevision());
});

it('is the same all week long and another one the week after', () => {
  const day = 86_400_000;
  const monday = Date.UTC(2026, 10, 23);
  const revisions = [0, 1, 3, 7 * day - 1, 7 * day].map(
    (later) => configurationOf(smallTree(), monday + later).revision,
  );
  expect(new Set(revisions.slice(0, 4)).size).toBe(1);
  expect(revisions[4]).not.toBe(revisions[0]);
});

it('has bounds of promised starts where the tree has, and only those that it says', () => {
  expect(configurationOf(smallTree())).not.toHaveProperty('reservations');
  const changed = smallTree({
    file: 'organisation',
    replace: 'leaseTerms',
    by: 'reservations: { overtakes: 4, idlePercent: 0 }\nleaseTerms',
  });
  expect(configurationOf(changed).reservations).toEqual({ overtakes: 4, idlePercent: 0 });
  expect(configurationOf(changed).revision).not.toBe(wantRevision());
});
