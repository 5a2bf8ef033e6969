// One conversation that fetches one info dictionary from one peer (BEP 3, 10, 9; states of protocol.md 6.2b), over
// whatever transport it is handed. It owns the connection, checks every rule of protocol.md 4.3 that concerns a single
// peer, and ends exactly once: with the whole bytes, not yet verified, or with a failure. Deadlines are looked at by
// check(), so there is no timer a connection.
import type { Clock } from '../base/clock.ts';
import type { Contact } from '../base/contact.ts';
import { bytesEqual } from '../base/bytes.ts';
import { IDENTIFIER_BYTES, type Infohash } from '../base/identifier.ts';
import type { Random } from '../base/random.ts';
import type { Counters } from '../stats/counters.ts';
import { MessageStream } from '../wire/message-stream.ts';
import {
  HANDSHAKE_BYTES,
  OWN_METADATA_ID,
  encodeExtensionHandshake,
  encodeHandshake,
  encodeMetadataRequest,
  parseExtensionHandshake,
  parseHandshake,
  parseMetadataMessage,
} from '../wire/peer-wire.ts';
import type { JobBlocks } from './job-blocks.ts';
import { METADATA_BYTES_MAX, type MetadataPieces } from './metadata-pieces.ts';
import type { PeerFailure } from './failures.ts';
import { connectFailure } from './failures.ts';
import type { CloseReason, DialPeer, PeerConnection, Transport } from './transports/peer-connection.ts';

const PEER_ID_PREFIX = Buffer.from('-LF0001-');
const CONNECT_MS_MAX = 4000;
const HANDSHAKE_MS_MAX = 4000;
const EXTENSION_HANDSHAKE_MS_MAX = 4000;
const FIRST_BLOCK_MS_MAX = 6000;
/** Between whole blocks, so that a byte now and then does not count. */
const IDLE_MS_MAX = 5000;
/** A second peer is asked meanwhile: Transmission takes two seconds for its first block, and most others none. */
const SLOW_BLOCK_MS = 2500;
/** From the dial to the last block: this, and a second more for every TOTAL_BYTES_PER_SECOND of metadata. */
const TOTAL_MS_MAX = 20_000;
const TOTAL_BYTES_PER_SECOND = 64 * 1024;
/** The least average rate, looked at once blocks have had RATE_AFTER_MS to come. */
const RATE_BYTES_PER_SECOND_MIN = 4096;
const RATE_AFTER_MS = 5000;
/** What a peer may say before its first block: room for a bitfield, haves and chokes, not for a flood of them. */
const MESSAGES_BEFORE_BLOCK_MAX = 64;
/** What it may say all in all that is no block. Else a block now and then would buy three minutes of flood. */
const BYTES_BESIDE_BLOCKS_MAX = 512 * 1024;

export type SessionEnd =
  /** This peer sent the last of these pieces; others may have sent the rest. */
  | { readonly kind: 'complete'; readonly pieces: MetadataPieces }
  | { readonly kind: 'failed'; readonly reason: PeerFailure };

export interface SessionDependencies {
  readonly clock: Clock;
  readonly counters: Pick<Counters, 'peerBytesIn'>;
  readonly dial: DialPeer;
  readonly transport: Transport;
  /** What the peers of this infohash have sent. */
  readonly blocks: JobBlocks;
  readonly localAddress: string | null;
  readonly random: Random;
  /** Called once, unless cancel() came first. */
  readonly onEnd: (end: SessionEnd) => void;
}

type State = 'connecting' | 'handshake' | 'extensions' | 'blocks' | 'ended';

export class PeerSession {
  readonly contact: Contact;
  readonly startedAtMs: number;
  readonly #infohash: Infohash;
  readonly #dependencies: SessionDependencies;
  readonly #connection: PeerConnection;
  readonly #handshake = new Uint8Array(HANDSHAKE_BYTES);
  readonly #stream = new MessageStream((extendedId, payload) => this.#onExtended(extendedId, payload));
  #state: State = 'connecting';
  #handshakeBytes = 0;
  #bytesIn = 0;
  /** The current state, or the wait for the next block, must end by then. */
  #deadlineMs: number;
  #totalDeadlineMs: number;
  #blocksSinceMs = 0;
  /** When the last block came, or was first asked for. */
  #blockAtMs = 0;
  #metadataId = 0;
  #pieces: MetadataPieces | null = null;
  /** Of blocks that were asked for, whether or not another peer was faster. */
  #blockBytes = 0;
  /** What is to be said when all that has arrived is read: one packet and one system call instead of two. */
  readonly #toSay: Uint8Array[] = [];

  constructor(infohash: Infohash, contact: Contact, dependencies: SessionDependencies) {
    this.#infohash = infohash;
    this.contact = contact;
    this.#dependencies = dependencies;
    this.startedAtMs = dependencies.clock.nowMs();
    this.#deadlineMs = this.startedAtMs + CONNECT_MS_MAX;
    this.#totalDeadlineMs = this.startedAtMs + TOTAL_MS_MAX;
    const { transport, localAddress } = dependencies;
    this.#connection = dependencies.dial(
      { contact, transport, infohash, localAddress },
      {
        onConnected: () => this.#onConnected(),
        onBytes: (chunk) => this.#onBytes(chunk),
        onClosed: (reason) => this.#fail(this.#closedReason(reason)),
      },
    );
  }

  /** The peer has metadata and is sending it: no reason to ask a second one, unless no block has come for a while. */
  get isReceiving(): boolean {
    return this.#pieces !== null && this.#dependencies.clock.nowMs() - this.#blockAtMs < SLOW_BLOCK_MS;
  }

  /** Ends the session if one of its deadlines has passed. */
  check(nowMs: number): void {
    if (this.#state === 'ended') return;
    if (nowMs >= this.#deadlineMs) this.#fail(this.#lateReason());
    else if (nowMs >= this.#totalDeadlineMs || this.#isTooSlow(nowMs)) this.#fail('stall');
  }

  /** Ends at once and says nothing. */
  cancel(): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.#connection.destroy();
    if (this.#pieces) this.#dependencies.blocks.leave(this.#pieces, this.contact);
  }

  /** Whether what this peer sends goes into `pieces`. */
  isFilling(pieces: MetadataPieces): boolean {
    return this.#pieces === pieces;
  }

  #onConnected(): void {
    if (this.#state !== 'connecting') return;
    this.#enter('handshake', HANDSHAKE_MS_MAX);
    // Nothing behind it in the same packet: aria2 loses what comes with the handshake.
    this.#connection.send(encodeHandshake(this.#infohash, newPeerId(this.#dependencies.random)));
  }

  #onBytes(chunk: Uint8Array): void {
    if (this.#state === 'ended') return;
    this.#dependencies.counters.peerBytesIn += chunk.length;
    this.#read(chunk);
    const said = this.#toSay.splice(0);
    if (said.length === 0 || this.#hasEnded) return;
    this.#connection.send(said.length === 1 ? said[0]! : Buffer.concat(said)); // without Nagle, a write is a packet
  }

  #read(chunk: Uint8Array): void {
    let rest = chunk;
    if (this.#state === 'handshake' || this.#state === 'connecting') {
      const taken = Math.min(rest.length, HANDSHAKE_BYTES - this.#handshakeBytes);
      this.#handshake.set(rest.subarray(0, taken), this.#handshakeBytes);
      this.#handshakeBytes += taken;
      rest = rest.subarray(taken);
      if (this.#handshakeBytes < HANDSHAKE_BYTES || !this.#checkHandshake()) return;
    }
    if (rest.length === 0) return;
    this.#bytesIn += rest.length;
    const problem = this.#stream.push(rest);
    if (problem) this.#fail('bad-message');
    else this.#checkFlood();
  }

  /** Reading may have ended it. */
  get #hasEnded(): boolean {
    return this.#state === 'ended';
  }

  /** Says our part of the extension handshake if the peer's handshake is what it must be; else the session has ended. */
  #checkHandshake(): boolean {
    const handshake = parseHandshake(this.#handshake);
    const reason = !handshake
      ? 'not-bittorrent'
      : !bytesEqual(handshake.infohash, this.#infohash)
        ? 'wrong-hash'
        : handshake.hasExtensions
          ? null
          : 'no-ltep';
    if (reason) {
      this.#fail(reason);
      return false;
    }
    this.#enter('extensions', EXTENSION_HANDSHAKE_MS_MAX);
    this.#toSay.push(encodeExtensionHandshake());
    return true;
  }

  /** Returns whether the session goes on. */
  #onExtended(extendedId: number, payload: Uint8Array): boolean {
    if (extendedId === 0) this.#onExtensionHandshake(payload);
    else if (extendedId === OWN_METADATA_ID && this.#pieces) this.#onMetadata(payload, this.#pieces);
    // Everything else was never offered by us; it counts as a message and is forgotten.
    return this.#state !== 'ended';
  }

  /** BEP 10: later handshakes add to the first; what they do not mention stays. */
  #onExtensionHandshake(payload: Uint8Array): void {
    const handshake = parseExtensionHandshake(payload);
    if (!handshake) return this.#fail('bad-message');
    this.#metadataId = handshake.metadataId ?? this.#metadataId;
    if (this.#metadataId === 0) return this.#fail('no-ut-metadata');
    if (this.#pieces) return;
    const sizeBytes = handshake.metadataSizeBytes;
    if (sizeBytes === null || sizeBytes <= 0) return this.#fail('no-size');
    if (sizeBytes > METADATA_BYTES_MAX) return this.#fail('oversize');
    this.#pieces = this.#dependencies.blocks.join(sizeBytes);
    this.#totalDeadlineMs += (sizeBytes / TOTAL_BYTES_PER_SECOND) * 1000;
    this.#blocksSinceMs = this.#blockAtMs = this.#dependencies.clock.nowMs();
    this.#enter('blocks', FIRST_BLOCK_MS_MAX);
    this.#request(this.#pieces);
  }

  #onMetadata(payload: Uint8Array, pieces: MetadataPieces): void {
    const message = parseMetadataMessage(payload);
    if (!message) return this.#fail('bad-message');
    if (message.kind === 'reject') return this.#fail('reject');
    // Requests cannot be served (we never said that we have metadata) and unknown kinds are to be ignored (BEP 9).
    if (message.kind !== 'data') return;
    const outcome = pieces.receive(this.contact, message.piece, message.totalSizeBytes, message.block);
    if (outcome !== 'taken' && outcome !== 'repeated') return this.#fail(outcome);
    this.#blockBytes += message.block.length;
    if (pieces.isComplete) return this.#complete(pieces);
    this.#blockAtMs = this.#dependencies.clock.nowMs();
    this.#deadlineMs = this.#blockAtMs + IDLE_MS_MAX;
    this.#request(pieces);
  }

  #request(pieces: MetadataPieces): void {
    for (let piece = pieces.nextRequest(this.contact); piece !== null; piece = pieces.nextRequest(this.contact)) {
      this.#toSay.push(encodeMetadataRequest(this.#metadataId, piece));
    }
  }

  #checkFlood(): void {
    if (this.#state === 'ended') return;
    const hasTooMany = this.#blockBytes === 0 && this.#stream.messageCount > MESSAGES_BEFORE_BLOCK_MAX;
    if (hasTooMany || this.#bytesIn - this.#blockBytes > BYTES_BESIDE_BLOCKS_MAX) this.#fail('flood');
  }

  #isTooSlow(nowMs: number): boolean {
    const elapsedMs = nowMs - this.#blocksSinceMs;
    if (!this.#pieces || elapsedMs < RATE_AFTER_MS) return false;
    return this.#bytesIn < (elapsedMs / 1000) * RATE_BYTES_PER_SECOND_MIN;
  }

  #enter(state: State, timeoutMs: number): void {
    this.#state = state;
    this.#deadlineMs = this.#dependencies.clock.nowMs() + timeoutMs;
  }

  #complete(pieces: MetadataPieces): void {
    this.#state = 'ended';
    this.#connection.destroy();
    this.#dependencies.onEnd({ kind: 'complete', pieces });
  }

  #fail(reason: PeerFailure): void {
    if (this.#state === 'ended') return;
    this.cancel();
    this.#dependencies.onEnd({ kind: 'failed', reason });
  }

  #lateReason(): PeerFailure {
    if (this.#state === 'connecting') return 'connect-timeout';
    return this.#state === 'handshake' ? 'handshake-timeout' : 'stall';
  }

  #closedReason(reason: CloseReason): PeerFailure {
    if (reason === 'bad-encryption' || reason === 'bad-transport') return reason;
    if (this.#state === 'connecting') return connectFailure(reason);
    // Peers that only take encrypted connections, or only uTP, hang up here.
    return this.#state === 'handshake' ? 'reset-in-handshake' : 'closed';
  }
}

/** Another one for each connection: nobody shall know us again by it. */
function newPeerId(random: Random): Uint8Array {
  const peerId = random.bytes(IDENTIFIER_BYTES);
  peerId.set(PEER_ID_PREFIX);
  return peerId;
}
