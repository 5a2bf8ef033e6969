// Whatever arrives: no throw, every offset inside the datagram, nothing read behind it, and where npm `bencode` and we both
// accept, the same values. A failure prints its SEED; `SEED=n npx vitest run test/fuzz` plays it again.
import { readdirSync, readFileSync } from 'node:fs';
import bencode from 'bencode';
import { describe, expect, test } from 'vitest';
import { bytesEqual, toHex } from '../../main/base/bytes.ts';
import { createSeededRandom, createSystemRandom } from '../../main/base/random.ts';
import { asNodeId } from '../../main/base/identifier.ts';
import { BencodeScanner, KRPC_SCAN_LIMITS, TOKEN_END, TOKEN_MALFORMED } from '../../main/wire/bencode-scanner.ts';
import { decodeKrpc, encodeQuery, encodeReply, KrpcMessage, toReply } from '../../main/wire/krpc-codec.ts';
import type { MalformedReason } from '../../main/wire/krpc-codec.ts';
import { validMessages } from '../fixtures/bep-examples.ts';
import { mutate } from './mutate.ts';

const MUTATIONS = 100_000;
const SEED = Number(process.env['SEED'] ?? createSystemRandom().uint32());

/** The corpus: a file a past crash, `#` lines say which. */
const corpusFolder = new URL('corpus/', import.meta.url);
const corpus = readdirSync(corpusFolder).map((name) => {
  const text = readFileSync(new URL(name, corpusFolder), 'utf8');
  const hex = text.replaceAll(/^#.*$/gm, '').replaceAll(/\s/g, '');
  return [name, new Uint8Array(Buffer.from(hex, 'hex'))] as const;
});

// One of each for all datagrams, as in the app: whatever a decode leaves behind is there for the next.
const reused = new KrpcMessage();
const fresh = new KrpcMessage();
const scanner = new BencodeScanner(KRPC_SCAN_LIMITS);
const buffer = Buffer.alloc(8192);

/** Decodes `bytes` inside a reused, dirty buffer and checks everything that must hold for any bytes at all. */
function check(bytes: Uint8Array, at: number): MalformedReason | null {
  buffer.set(bytes, at);
  const reason = decodeKrpc(buffer.subarray(at, at + bytes.length), reused);
  reused.checkInvariants();
  if (decodeKrpc(bytes, fresh) !== reason) throw new Error('bytes behind the datagram changed the verdict');
  checkAgainstScanner(bytes, reason);
  if (reason !== null) return reason;
  if (fresh.idStart !== reused.idStart || fresh.valuesEnd !== reused.valuesEnd)
    throw new Error('another message was read');
  if (fresh.oddities.join() !== reused.oddities.join()) throw new Error('other oddities were found');
  if (reused.kind === 'response') checkReply(reused);
  checkAgainstBencode(bytes, reused);
  return null;
}

function checkAgainstScanner(bytes: Uint8Array, reason: MalformedReason | null): void {
  if (reason === 'too-short' || reason === 'too-long' || reason === 'not-a-dictionary') return;
  scanner.begin(bytes);
  let token = scanner.next();
  while (token !== TOKEN_END && token !== TOKEN_MALFORMED) token = scanner.next();
  scanner.checkInvariants();
  if (scanner.problem !== null && reason !== scanner.problem)
    throw new Error(`${reason} instead of ${scanner.problem}`);
}

function checkReply(message: KrpcMessage): void {
  const reply = toReply(message);
  message.checkInvariants();
  if (reply.nodes.length > 64 || reply.nodes6.length > 64 || reply.values.length > 200)
    throw new Error('unbounded reply');
  if ((reply.samples?.length ?? 0) > 51) throw new Error('unbounded samples');
  const contacts = [...reply.values, ...[...reply.nodes, ...reply.nodes6].map((node) => node.contact)];
  if (reply.externalContact) contacts.push(reply.externalContact);
  for (const { port } of contacts) if (!(port >= 1 && port <= 65_535)) throw new Error(`port ${port}`);
}

/** npm bencode takes the last of duplicate keys and reads `i1.5e`; apart from that it must agree with what we accepted. */
function checkAgainstBencode(bytes: Uint8Array, message: KrpcMessage): void {
  if (message.oddities.includes('duplicate-key')) return;
  const theirs = bencode.decode(bytes) as Record<string, unknown>;
  const body = (message.kind === 'query' ? theirs['a'] : theirs['r']) as Record<string, unknown> | undefined;
  const { transactionIdStart, transactionIdLength, tokenStart, tokenLength, samplesStart, samplesLength } = message;
  expectSame(message, transactionIdStart, transactionIdLength, theirs['t']);
  if (message.kind === 'error') return;
  if (message.idStart !== -1) expectSame(message, message.idStart, 20, body?.['id']);
  if (message.targetStart !== -1) expectSame(message, message.targetStart, 20, body?.['target']);
  if (message.infohashStart !== -1) expectSame(message, message.infohashStart, 20, body?.['info_hash']);
  if (message.nodesStart !== -1) expectSame(message, message.nodesStart, message.nodesLength, body?.['nodes']);
  if (tokenStart !== -1) expectSame(message, tokenStart, tokenLength, body?.['token']);
  if (samplesStart !== -1) expectSame(message, samplesStart, samplesLength, body?.['samples']);
  if (message.num !== -1 && message.num !== body?.['num']) throw new Error('another num');
  if (message.port !== -1 && message.port !== body?.['port']) throw new Error('another port');
}

function expectSame(message: KrpcMessage, start: number, length: number, theirs: unknown): void {
  const ours = message.bytes.subarray(start, start + length);
  if (!(theirs instanceof Uint8Array) || !bytesEqual(ours, theirs))
    throw new Error(`${toHex(ours)} differs from npm bencode`);
}

/** Runs `check` and, should it throw, says how to have it again. */
function checked(bytes: Uint8Array, at = 0): MalformedReason | null {
  try {
    return check(bytes, at);
  } catch (error) {
    throw new Error(`SEED=${SEED} ${toHex(bytes)}: ${String(error)}`, { cause: error });
  }
}

/** Our own encoders' output and the published examples: what the network is full of. */
function seedPackets(): Uint8Array[] {
  const random = createSeededRandom(51);
  const into = new Uint8Array(1500);
  const head = { transactionId: random.bytes(4), id: asNodeId(random.bytes(20)) };
  const reply = { ...head, requester: { host: '198.51.100.7', port: 51413 }, nodes: random.bytes(8 * 26) };
  const values = Array.from({ length: 30 }, (_, index) => random.bytes(index % 3 === 0 ? 18 : 6));
  const written = (length: number) => into.slice(0, length);
  return [
    written(
      encodeQuery(into, {
        ...head,
        isReadOnly: true,
        method: 'sample_infohashes',
        target: random.bytes(20),
        want: ['n4'],
      }),
    ),
    written(encodeReply(into, { ...reply, samples: random.bytes(400), num: 123, intervalSeconds: 21_600 })),
    written(encodeReply(into, { ...reply, token: random.bytes(4), values })),
    ...validMessages.map(([, bytes]) => bytes),
    ...corpus.map(([, bytes]) => bytes),
  ];
}

describe('the corpus of past crashes', () => {
  test.each(corpus)('%s', (_, bytes) => {
    checked(bytes);
  });

  test("begins with the user's: an 18 byte element in `values` is an IPv6 peer, and the reply is used", () => {
    const [name, bytes] = corpus[0]!;
    expect(name).toBe('01-values-hybrid.hex');
    expect(checked(bytes)).toBeNull();
    expect(toReply(reused).values.map((contact) => contact.host)).toEqual(['192.0.2.1', '2001:db8::1']);
    expect(checked(corpus[1]![1])).toBeNull();
    expect(toReply(reused).values).toHaveLength(2);
    expect(checked(corpus[2]![1])).toBe('string-past-end');
  });
});

describe('every valid packet, cut at every byte', () => {
  test.each(
    seedPackets()
      .filter((bytes) => decodeKrpc(bytes, fresh) === null)
      .map((bytes, index) => [index, bytes] as const),
  )('packet %i', (_, bytes) => {
    for (let length = 0; length < bytes.length; length++) {
      // The byte cut off is still there, right behind: the buffer is not cleared.
      buffer.set(bytes, 16);
      expect(checked(bytes.subarray(0, length), 16), `${length} of ${bytes.length} bytes`).not.toBeNull();
    }
    expect(checked(bytes, 16)).toBeNull();
  });
});

test(`${MUTATIONS} mutations`, { timeout: 60_000 }, () => {
  const random = createSeededRandom(SEED);
  const seeds = seedPackets();
  let acceptedCount = 0;
  for (let round = 0; round < MUTATIONS; round++) {
    const bytes = mutate(seeds, random).subarray(0, 4200);
    if (checked(bytes, random.below(64)) === null) acceptedCount++;
  }
  // Both sides of the door are tried: damage that nobody notices, and damage that is refused.
  expect(acceptedCount).toBeGreaterThan(MUTATIONS / 100);
  expect(acceptedCount).toBeLessThan(MUTATIONS * 0.9);
});

test('random bytes, and random bytes that look like bencode', () => {
  const random = createSeededRandom(SEED + 1);
  const alphabet = Buffer.from('ddllie0123459:::eee-tyqraid', 'latin1');
  for (let round = 0; round < 20_000; round++) {
    const bytes = random.bytes(random.below(120));
    if (round % 2 === 0) for (let at = 0; at < bytes.length; at++) bytes[at] = alphabet[bytes[at]! % alphabet.length]!;
    if (bytes.length > 0) bytes[0] = 0x64;
    checked(bytes);
  }
});
