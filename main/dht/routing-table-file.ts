// The engine's one file: routing table and whatever else wants to survive, each in a section of its own, bencoded.
// Written beside the old file and renamed over it, so that a crash leaves the old or the new one, never half of one.
// A file that is not what was written is kept aside as NAME.damaged and said; it never stops the engine.
import { createHash } from 'node:crypto';
import { readFile, rename } from 'node:fs/promises';
import bencode, { type Bencodable } from 'bencode';
import { bytesEqual } from '../base/bytes.ts';
import { replaceFile } from '../base/replace-file.ts';

export type { Bencodable } from 'bencode';

export interface StateFile {
  readonly version: number;
  readonly savedAtUnixSeconds: number;
  /** As `bencode` decodes them: strings are bytes. Each section's owner checks its own. */
  readonly sections: Readonly<Record<string, unknown>>;
}

export interface StateProblem {
  readonly problem: 'missing' | 'damaged' | 'unreadable' | 'newer-version';
  /** A sentence for the log; empty when there simply is no file yet. */
  readonly message: string;
}

export const STATE_VERSION = 1;
/** Then SHA-256 of the rest, then one bencoded dictionary. */
const MAGIC = new TextEncoder().encode('lanternfish state\n');
const CHECKSUM_BYTES = 32;
/** Needle tables and cooldown filters take some 22 MiB at most. */
const STATE_BYTES_MAX = 128 * 1024 * 1024;

/** Never rejects. */
export async function readState(path: string): Promise<StateFile | StateProblem> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
    if (code === 'ENOENT') return { problem: 'missing', message: '' };
    return { problem: 'unreadable', message: `The saved state cannot be read (${code}); starting without it.` };
  }
  const state = parseState(bytes);
  if (state === null) return keepAside(path);
  if (state.version === STATE_VERSION) return state;
  return { problem: 'newer-version', message: 'The saved state is of another version; starting without it.' };
}

/** Rejects if the disk refuses; then the earlier file is untouched. */
export async function writeState(
  path: string,
  sections: Readonly<Record<string, Bencodable>>,
  savedAtUnixSeconds: number,
): Promise<void> {
  const body = bencode.encode({ version: STATE_VERSION, savedAtUnixSeconds, sections });
  await replaceFile(path, async (file) => {
    await file.writeFile(MAGIC);
    await file.writeFile(checksumOf(body));
    await file.writeFile(body);
  });
}

/** Null: these are not the bytes that writeState wrote. */
export function parseState(bytes: Uint8Array): StateFile | null {
  const bodyStart = MAGIC.length + CHECKSUM_BYTES;
  if (bytes.length <= bodyStart || bytes.length > STATE_BYTES_MAX) return null;
  if (!bytesEqual(bytes.subarray(0, MAGIC.length), MAGIC)) return null;
  const body = bytes.subarray(bodyStart);
  if (!bytesEqual(bytes.subarray(MAGIC.length, bodyStart), checksumOf(body))) return null;
  let decoded: unknown;
  try {
    decoded = bencode.decode(body);
  } catch {
    return null; // the checksum holds, so we wrote this ourselves: a mistake of ours, but no reason not to start
  }
  if (typeof decoded !== 'object' || decoded === null) return null;
  const { version, savedAtUnixSeconds, sections } = decoded as Record<string, unknown>;
  if (typeof version !== 'number' || typeof savedAtUnixSeconds !== 'number') return null;
  if (typeof sections !== 'object' || sections === null) return null;
  return { version, savedAtUnixSeconds, sections: sections as Record<string, unknown> };
}

async function keepAside(path: string): Promise<StateProblem> {
  const aside = `${path}.damaged`;
  try {
    await rename(path, aside);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
    return { problem: 'damaged', message: `The saved state is damaged and cannot be put aside (${code}).` };
  }
  return { problem: 'damaged', message: `The saved state is damaged; it is kept as ${aside} and not used.` };
}

function checksumOf(body: Uint8Array): Uint8Array {
  return createHash('sha256').update(body).digest();
}
