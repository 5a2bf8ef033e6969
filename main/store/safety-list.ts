// A list of what is never to be asked for, by somebody whom the person trusts: a file with the SHA-256 of the 20 raw bytes of an
// infohash (v1, or v2 cut to 20) on each line, in hexadecimal. It tells nobody what is on it, and neither do we. Kept as one
// sorted array, at most 32 MB; read in two passes in small pieces, so that the writer's thread is never long away.
import { createHash } from 'node:crypto';
import { open, stat } from 'node:fs/promises';

export const SAFETY_ENTRIES_MAX = 1_000_000;
const DIGEST_BYTES = 32;
/** Read at once: some 1,000 lines, 0.3 ms. */
const CHUNK_BYTES = 64 * 1024;
/** Longer lines are malformed; what is kept of one between two chunks is bounded by it. */
const LINE_BYTES_MAX = 256;
/** By the first two bytes of a digest: some 15 entries each in a full list. */
const BUCKETS = 65_536;

export interface SafetyList {
  /** 0 to SAFETY_ENTRIES_MAX. */
  readonly entryCount: number;
  readonly malformedCount: number;
  /** Good lines beyond SAFETY_ENTRIES_MAX, which are not used. */
  readonly excessCount: number;
  /** Tells one version of the file from another. */
  readonly version: string;
  /** `infohash`: 20 bytes. */
  readonly has: (infohash: Uint8Array) => boolean;
}

/** What tells that the file has changed; null when there is none. */
export async function safetyListVersion(path: string): Promise<string | null> {
  const found = await stat(path).catch(() => null);
  return found?.isFile() === true ? `${found.ino}-${found.size}-${found.mtimeMs}` : null;
}

/** Rejects with what the file system says, or when the file changes while it is read. */
export async function readSafetyList(path: string, entriesMax = SAFETY_ENTRIES_MAX): Promise<SafetyList> {
  const version = await safetyListVersion(path);
  if (version === null) throw new Error('there is no such file');
  const starts = new Uint32Array(BUCKETS + 1);
  let entryCount = 0;
  let excessCount = 0;
  const malformedCount = await eachDigest(path, (digest) => {
    if (entryCount === entriesMax) {
      excessCount++;
      return;
    }
    entryCount++;
    starts[digest.readUInt16BE(0) + 1]!++;
  });
  for (let bucket = 0; bucket < BUCKETS; bucket++) starts[bucket + 1]! += starts[bucket]!;
  const digests = Buffer.alloc(entryCount * DIGEST_BYTES);
  const filled = starts.slice(0, BUCKETS);
  let taken = 0;
  await eachDigest(path, (digest) => {
    if (taken === entryCount) return;
    taken++;
    const bucket = digest.readUInt16BE(0);
    const at = filled[bucket]!++;
    if (at < starts[bucket + 1]!) digest.copy(digests, at * DIGEST_BYTES);
  });
  if ((await safetyListVersion(path)) !== version) throw new Error('it changed while it was read');
  const has = (infohash: Uint8Array): boolean => {
    const digest = createHash('sha256').update(infohash).digest();
    const bucket = digest.readUInt16BE(0);
    for (let at = starts[bucket]!; at < starts[bucket + 1]!; at++) {
      if (digest.compare(digests, at * DIGEST_BYTES, (at + 1) * DIGEST_BYTES) === 0) return true;
    }
    return false;
  };
  return { entryCount, malformedCount, excessCount, version, has };
}

/** Calls `take` with each digest (valid until it returns); resolves with how many lines were none. Empty lines and `#` do not count. */
async function eachDigest(path: string, take: (digest: Buffer) => void): Promise<number> {
  const file = await open(path, 'r');
  let malformedCount = 0;
  const read = (line: string): void => {
    const text = line.trim();
    if (text === '' || text.startsWith('#')) return;
    if (/^[0-9a-fA-F]{64}$/.test(text)) take(Buffer.from(text, 'hex'));
    else malformedCount++;
  };
  try {
    const chunk = Buffer.alloc(CHUNK_BYTES);
    let rest = '';
    for (;;) {
      const { bytesRead } = await file.read(chunk, 0, CHUNK_BYTES, null);
      if (bytesRead === 0) break;
      const lines = (rest + chunk.toString('latin1', 0, bytesRead)).split('\n');
      rest = (lines.pop() ?? '').slice(0, LINE_BYTES_MAX);
      for (const line of lines) read(line);
    }
    read(rest);
  } finally {
    await file.close();
  }
  return malformedCount;
}
