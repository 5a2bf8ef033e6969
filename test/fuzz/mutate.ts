// Damage for datagrams: one of several mutations that know a little about bencode, drawn from a seeded Random.
import type { Random } from '../../main/base/random.ts';

const TELLING_BYTES = Buffer.from('dlie:0123456789-\0\xff', 'latin1');
const SNIPPETS = [
  '99999999:',
  '0:',
  'le',
  'de',
  'i-1e',
  'i99999999999999999999e',
  'd2:id',
  '20:',
  'llllllllllll',
  '1:t',
  'e',
];
const SNIPPET_BYTES = SNIPPETS.map((text) => Buffer.from(text, 'latin1'));

/** A damaged copy of one of `seeds`, after 1 to 4 mutations. */
export function mutate(seeds: readonly Uint8Array[], random: Random): Uint8Array {
  let bytes: Uint8Array = Buffer.from(pick(seeds, random));
  for (let left = 1 + random.below(4); left > 0; left--) bytes = mutateOnce(bytes, seeds, random);
  return bytes;
}

function mutateOnce(bytes: Uint8Array, seeds: readonly Uint8Array[], random: Random): Uint8Array {
  const at = random.below(bytes.length + 1);
  const to = Math.min(bytes.length, at + random.below(12));
  switch (random.below(8)) {
    case 0: // one bit
      if (at < bytes.length) bytes[at] = bytes[at]! ^ (1 << random.below(8));
      return bytes;
    case 1: // a byte that means something
      if (at < bytes.length) bytes[at] = TELLING_BYTES[random.below(TELLING_BYTES.length)]!;
      return bytes;
    case 2: // cut
      return bytes.subarray(0, at);
    case 3: // a piece missing
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(to)]);
    case 4: // a piece twice
      return Buffer.concat([bytes.subarray(0, to), bytes.subarray(at)]);
    case 5: // something put in
      return Buffer.concat([bytes.subarray(0, at), pick(SNIPPET_BYTES, random), bytes.subarray(at)]);
    case 6: {
      // the end of another one
      const other = pick(seeds, random);
      return Buffer.concat([bytes.subarray(0, at), other.subarray(random.below(other.length + 1))]);
    }
    default: // the digits of a length or number
      for (let index = at; index < bytes.length; index++) {
        if (bytes[index]! < 0x30 || bytes[index]! > 0x39) continue;
        bytes[index] = 0x30 + random.below(10);
        break;
      }
      return bytes;
  }
}

function pick<Item>(items: readonly Item[], random: Random): Item {
  return items[random.below(items.length)]!;
}
