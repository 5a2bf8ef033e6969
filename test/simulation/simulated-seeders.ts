// Peers with metadata behind a DialStream: what a TCP connection to a seeder would bring, on the simulated clock. It speaks
// through npm `bencode`, so that what main/wire reads was not written by main/wire.
import bencode from 'bencode';
import { toHex } from '../../main/base/bytes.ts';
import type { Contact } from '../../main/base/contact.ts';
import type { DialStream, PeerListener } from '../../main/metadata/transports/peer-connection.ts';
import { extended } from '../../scripts/swarm/seeder.ts';
import type { SwarmTorrent } from '../../scripts/swarm/torrents.ts';
import type { SimulatedClock } from './simulated-clock.ts';

const LATENCY_MS = 40;
const HANDSHAKE_BYTES = 68;
const BLOCK_BYTES = 16_384;
const METADATA_ID = 9;

export class SimulatedSeeders {
  /** Every dial, in order. */
  readonly dialled: { readonly contact: Contact; readonly atMs: number }[] = [];
  dialledCount = 0;
  openCount = 0;
  /** Nobody is there. */
  readonly silentHosts = new Set<string>();
  readonly #clock: SimulatedClock;
  readonly #infos = new Map<string, Uint8Array>();

  constructor(clock: SimulatedClock, torrents: readonly SwarmTorrent[]) {
    this.#clock = clock;
    for (const { infohashes, info } of torrents)
      for (const infohash of infohashes) this.#infos.set(toHex(infohash), info);
  }

  /** Whether anybody is there. */
  protected answers({ host }: Contact): boolean {
    return !this.silentHosts.has(host);
  }

  /** Whether the peer there has what it is asked for. */
  protected has(_contact: Contact): boolean {
    return true;
  }

  protected infoOf(infohashHex: string): Uint8Array | null {
    return this.#infos.get(infohashHex) ?? null;
  }

  protected noteDial(contact: Contact): void {
    this.dialledCount++;
    this.dialled.push({ contact, atMs: this.#clock.nowMs() });
  }

  /** Every address has every torrent. */
  readonly dial: DialStream = (contact, _localAddress, listener) => {
    this.noteDial(contact);
    this.openCount++;
    let isOpen = true;
    let info: Uint8Array | null = null;
    let theirId = 0;
    const later = (act: () => void): void => {
      this.#clock.setTimer(LATENCY_MS, () => {
        if (isOpen) act();
      });
    };
    const answer = (bytes: Buffer): void => {
      let rest = bytes;
      if (info === null) {
        info = this.has(contact) ? this.infoOf(rest.toString('hex', 28, 48)) : null;
        if (info === null) return listener.onClosed('reset');
        greet(listener, rest, info);
        rest = rest.subarray(HANDSHAKE_BYTES);
      }
      for (; rest.length >= 4; rest = rest.subarray(4 + rest.readUInt32BE(0))) {
        const message = rest.subarray(4, 4 + rest.readUInt32BE(0));
        const fields = bencode.decode(message.subarray(2)) as { m?: { ut_metadata: number }; piece?: number };
        if (message[1] === 0) theirId = fields.m!.ut_metadata;
        else sendPiece(listener, { id: theirId, piece: fields.piece!, info });
      }
    };
    if (this.answers(contact)) later(() => listener.onConnected());
    return {
      send: (bytes) => later(() => answer(Buffer.from(bytes))),
      destroy: () => {
        if (isOpen) this.openCount--;
        isOpen = false;
      },
    };
  };
}

function greet(listener: PeerListener, theirs: Buffer, info: Uint8Array): void {
  const handshake = Buffer.from(theirs.subarray(0, HANDSHAKE_BYTES));
  handshake.write('-SS0001-simulatedpee', 48, 'latin1');
  listener.onBytes(handshake);
  listener.onBytes(extended(0, { m: { ut_metadata: METADATA_ID }, metadata_size: info.length }));
}

function sendPiece(
  listener: PeerListener,
  { id, piece, info }: { readonly id: number; readonly piece: number; readonly info: Uint8Array },
): void {
  const block = info.subarray(piece * BLOCK_BYTES, (piece + 1) * BLOCK_BYTES);
  listener.onBytes(extended(id, { msg_type: 1, piece, total_size: info.length }, block));
}
