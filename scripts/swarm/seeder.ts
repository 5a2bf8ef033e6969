// A peer that hands out the metadata of many torrents on one address and port: BEP 3 handshake, BEP 10, BEP 9, nothing
// else. It answers the infohash of the handshake, v1 or v2. Written apart from main/wire on purpose: where both agree,
// both have read the specification. For demo and tests, on local addresses; not for the open internet.
import type { Server, Socket } from 'node:net';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import bencode from 'bencode';
import type { Bencodable } from 'bencode';
import type { Contact } from '../../main/base/contact.ts';

export interface SeedableTorrent {
  readonly info: Uint8Array;
  readonly infohashes: readonly Uint8Array[];
}

/** Our ut_metadata id: not the fetcher's, so that mixing them up shows. */
const OWN_METADATA_ID = 3;
const BLOCK_BYTES = 16_384;
const MESSAGE_BYTES_MAX = 256 * 1024;
const HEADER = Buffer.from('\x13BitTorrent protocol', 'latin1');

export class Seeder {
  /** Connections accepted so far. */
  connectionCount = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #torrents = new Map<string, Uint8Array>();

  constructor(torrents: readonly SeedableTorrent[]) {
    for (const torrent of torrents) this.add(torrent);
    this.#server = createServer({ noDelay: true }, (socket) => this.#accept(socket));
  }

  add(torrent: SeedableTorrent): void {
    for (const infohash of torrent.infohashes) this.#torrents.set(Buffer.from(infohash).toString('hex'), torrent.info);
  }

  /** Port 0 lets the system choose. */
  async listen(host: string, port = 0): Promise<Contact> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, host, () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
    const address = this.#server.address() as AddressInfo;
    return { host: address.address, port: address.port };
  }

  get openCount(): number {
    return this.#sockets.size;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #accept(socket: Socket): void {
    this.connectionCount++;
    this.#sockets.add(socket);
    let unread: Buffer = Buffer.alloc(0);
    let info: Uint8Array | null = null;
    let peerMetadataId = 0;
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => socket.destroy()); // fetchers end with a reset
    socket.on('data', (chunk: Buffer) => {
      unread = Buffer.concat([unread, chunk]);
      if (!info) {
        if (unread.length < 68) return;
        info = this.#torrents.get(unread.toString('hex', 28, 48)) ?? null;
        if (!info || !unread.subarray(0, 20).equals(HEADER)) return void socket.destroy();
        socket.write(Buffer.concat([HEADER, Buffer.from('0000000000100000', 'hex'), unread.subarray(28, 48), PEER_ID]));
        socket.write(extended(0, { m: { ut_metadata: OWN_METADATA_ID }, metadata_size: info.length, v: 'swarm' }));
        unread = unread.subarray(68);
      }
      while (unread.length >= 4) {
        const length = unread.readUInt32BE(0);
        if (length > MESSAGE_BYTES_MAX) return void socket.destroy();
        if (unread.length < 4 + length) return;
        const message = unread.subarray(4, 4 + length);
        unread = unread.subarray(4 + length);
        if (message[0] !== 20 || message.length < 2) continue;
        try {
          const fields = bencode.decode(message.subarray(2)) as { m?: { ut_metadata?: number } } & PieceRequest;
          if (message[1] === 0) peerMetadataId = fields.m?.ut_metadata ?? 0;
          else if (message[1] === OWN_METADATA_ID) answer(socket, peerMetadataId, info, fields);
        } catch {
          socket.destroy(); // npm bencode throws on what is not bencode
        }
      }
    });
  }
}

interface PieceRequest {
  readonly msg_type?: number;
  readonly piece?: number;
}

const PEER_ID = Buffer.from('-SW0001-lanternswarm');

function answer(socket: Socket, peerMetadataId: number, info: Uint8Array, request: PieceRequest): void {
  const { msg_type: type, piece = -1 } = request;
  if (type !== 0 || peerMetadataId === 0) return;
  const start = piece * BLOCK_BYTES;
  if (!Number.isInteger(piece) || start < 0 || start >= info.length) {
    socket.write(extended(peerMetadataId, { msg_type: 2, piece }));
    return;
  }
  const block = info.subarray(start, start + BLOCK_BYTES);
  socket.write(extended(peerMetadataId, { msg_type: 1, piece, total_size: info.length }, block));
}

/** One extension message: length, 20, id, dictionary, raw bytes behind it. */
export function extended(id: number, fields: Bencodable, rawBytes: Uint8Array = new Uint8Array()): Buffer {
  const dictionary = bencode.encode(fields);
  const head = Buffer.alloc(6);
  head.writeUInt32BE(2 + dictionary.length + rawBytes.length, 0);
  head[4] = 20;
  head[5] = id;
  return Buffer.concat([head, dictionary, rawBytes]);
}
