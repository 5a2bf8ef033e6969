// A magnet link built from what is stored. The window never sends a link, only an infohash: what is copied, opened or
// exported is always made here (desktop.md 1.4).

/** Windows takes 2081 characters; anything longer loses its name first. */
const LINK_CHARACTERS_MAX = 2000;
/** Multihash prefix of a SHA-256: code 0x12, 0x20 bytes (BEP 9, "magnet URI format", btmh). */
const SHA256_MULTIHASH_PREFIX = '1220';

export interface LinkFacts {
  readonly infohashV1Hex: string | null;
  readonly infohashV2Hex: string | null;
  readonly name: string;
}

/** `magnet:?xt=urn:btih:…&xt=urn:btmh:…&dn=…` with whichever infohashes the torrent has. */
export function magnetLink({ infohashV1Hex, infohashV2Hex, name }: LinkFacts): string {
  const topics: string[] = [];
  if (infohashV1Hex) topics.push(`xt=urn:btih:${infohashV1Hex}`);
  if (infohashV2Hex) topics.push(`xt=urn:btmh:${SHA256_MULTIHASH_PREFIX}${infohashV2Hex}`);
  const bare = `magnet:?${topics.join('&')}`;
  const named = `${bare}&dn=${encodeURIComponent(name.toWellFormed())}`;
  return named.length <= LINK_CHARACTERS_MAX ? named : bare;
}
