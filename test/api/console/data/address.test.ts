// Addresses of the console's pages: what is written is read again, whatever stands in it.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { formatAddress, parseAddress } from '../../../../api/console/data/address.ts';

const part = fc.string({ unit: 'binary', minLength: 1 }).filter((text) => text.isWellFormed());

it('is read as it was written', () => {
  fc.assert(
    fc.property(fc.array(part), fc.dictionary(part, part), (path, query) => {
      const read = parseAddress(formatAddress({ path, query }));
      expect(read.path).toEqual(path);
      expect({ ...read.query }).toEqual({ ...query });
    }),
  );
});

it('takes what a person types', () => {
  expect(parseAddress('')).toEqual({ path: [], query: {} });
  expect(parseAddress('#/requests?state=waiting&q=a+b')).toEqual({
    path: ['requests'],
    query: { state: 'waiting', q: 'a b' },
  });
  expect(parseAddress('#/requests/%zz').path).toEqual(['requests', '%zz']);
});

it('leaves empty parameters out', () => {
  expect(formatAddress({ path: ['requests'], query: { q: '', state: 'waiting' } })).toBe(
    '#/requests?state=waiting',
  );
});
