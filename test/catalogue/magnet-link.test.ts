import { expect, it } from 'vitest';
import { magnetLink } from '../../main/catalogue/magnet-link.ts';

const v1 = 'a'.repeat(40);
const v2 = 'b'.repeat(64);

it('names every infohash that the torrent has', () => {
  const link = new URL(magnetLink({ infohashV1Hex: v1, infohashV2Hex: v2, name: 'Silent River & more' }));
  expect(link.protocol).toBe('magnet:');
  expect(link.searchParams.getAll('xt')).toEqual([`urn:btih:${v1}`, `urn:btmh:1220${v2}`]);
  expect(link.searchParams.get('dn')).toBe('Silent River & more');
});

it.each([
  ['markup and separators', '"><img src=x>&xt=urn:btih:evil#'],
  ['a lone surrogate', 'half \uD83D pair'],
])('keeps a hostile name inside its own field: %s', (_name, name) => {
  const link = new URL(magnetLink({ infohashV1Hex: v1, infohashV2Hex: null, name }));
  expect(link.searchParams.getAll('xt')).toEqual([`urn:btih:${v1}`]);
  expect(link.searchParams.get('dn')).toBe(name.toWellFormed());
  expect(link.hash).toBe('');
});

it('drops a name that would make the link too long for Windows', () => {
  const link = magnetLink({ infohashV1Hex: v1, infohashV2Hex: null, name: '長'.repeat(400) });
  expect(link).toBe(`magnet:?xt=urn:btih:${v1}`);
});
