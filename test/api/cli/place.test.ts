// Where units lie, in words.
import { expect, it } from 'vitest';
import { placeText } from '../../../api/cli/place.ts';

it.each([
  [undefined, undefined, ''],
  ['hall/a-01', undefined, ' on hall/a-01'],
  ['hall/a-01', [2, 3], ' on hall/a-01 GPU 2,3'],
])('of %s and %j is "%s"', (node, gpus, want) => {
  expect(placeText(node, gpus)).toBe(want);
});
