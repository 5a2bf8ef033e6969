// Peer encryption as the one who is called, for tests: written apart from main/, with knobs for what hostile peers do.
import { createHash, createDiffieHellman, randomBytes } from 'node:crypto';

const PRIME =
  'ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74020bbea63b139b22514a08798e3404ddef9519b3cd3a431b302b0a6df25f14374fe1356d6d51c245e485b576625e7ec6f44c42e9a63a36210000000000090563';
const group = createDiffieHellman(PRIME, 'hex', 2);
group.generateKeys();

export interface ByteStream {
  write(...parts: Uint8Array[]): void;
  take(count: number): Promise<Buffer>;
}

export interface MsePeerOptions {
  readonly publicKey?: Buffer;
  readonly padB?: number;
  readonly padD?: number;
  /** What it says that its padding has. */
  readonly padDSaid?: number;
  readonly vc?: Buffer;
  readonly select?: number;
  /** Writes one byte after another. */
  readonly drips?: boolean;
}

/** Answers the handshake; resolves with the stream behind it and what was said first. */
export async function acceptMse(
  below: ByteStream,
  infohash: Uint8Array,
  options: MsePeerOptions = {},
): Promise<ByteStream & { readonly first: Buffer; readonly offered: number }> {
  const { padB = 7, padD = 0, select = 2 } = options;
  const write = (bytes: Uint8Array): void => {
    if (options.drips !== true) return below.write(bytes);
    for (const byte of bytes) below.write(Buffer.from([byte]));
  };
  const theirs = await below.take(96);
  write(Buffer.concat([options.publicKey ?? group.getPublicKey(), randomBytes(padB)]));
  const secret = Buffer.alloc(96);
  const shared = group.computeSecret(theirs);
  shared.copy(secret, 96 - shared.length);
  const start = sha1('req1', secret);
  let window = await below.take(20);
  for (let skipped = 0; !window.equals(start); skipped++) {
    if (skipped > 512) throw new Error('no req1 where it must be');
    window = Buffer.concat([window.subarray(1), await below.take(1)]);
  }
  const who = await below.take(20);
  const expected = sha1('req2', infohash).map((byte, index) => byte ^ sha1('req3', secret)[index]!);
  if (!who.equals(expected)) throw new Error('another infohash was meant');
  const read = rc4(sha1('keyA', secret, infohash));
  const encrypt = rc4(sha1('keyB', secret, infohash));
  const head = read(await below.take(14));
  if (!head.subarray(0, 8).equals(Buffer.alloc(8))) throw new Error('no VC');
  read(await below.take(head.readUInt16BE(12)));
  const first = read(await below.take(read(await below.take(2)).readUInt16BE(0)));
  const answer = Buffer.alloc(14 + padD);
  (options.vc ?? Buffer.alloc(8)).copy(answer);
  answer.writeUInt32BE(select, 8);
  answer.writeUInt16BE(options.padDSaid ?? padD, 12);
  write(encrypt(answer));
  const isPlain = select === 1;
  return {
    first,
    offered: head.readUInt32BE(8),
    write: (...parts) => write(isPlain ? Buffer.concat(parts) : encrypt(Buffer.concat(parts))),
    take: async (count) => (isPlain ? below.take(count) : read(await below.take(count))),
  };
}

function sha1(...parts: (string | Uint8Array)[]): Buffer {
  const hash = createHash('sha1');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

/** The first 1,024 bytes of the key stream are thrown away. */
function rc4(key: Buffer): (bytes: Uint8Array) => Buffer {
  const s = Array.from({ length: 256 }, (_, index) => index);
  const swap = (a: number, b: number): void => void ([s[a], s[b]] = [s[b]!, s[a]!]);
  for (let i = 0, j = 0; i < 256; i++) swap(i, (j = (j + s[i]! + key[i % key.length]!) % 256));
  let [i, j] = [0, 0];
  const next = (): number => {
    i = (i + 1) % 256;
    j = (j + s[i]!) % 256;
    swap(i, j);
    return s[(s[i]! + s[j]!) % 256]!;
  };
  for (let skipped = 0; skipped < 1024; skipped++) next();
  return (bytes) => Buffer.from(bytes.map((byte) => byte ^ next()));
}
