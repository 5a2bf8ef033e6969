// A UDP tracker on loopback (BEP 15), as honest as a test wants it.
import { createSocket, type Socket } from 'node:dgram';

/** Answers as BEP 15 says: seeders are the infohash's first byte, leechers its second. */
export class ScriptedTracker {
  readonly heard: Buffer[] = [];
  answer: (query: Buffer) => Buffer | null = honest;
  readonly #socket: Socket = createSocket('udp4');

  async listen(host = '127.0.0.1'): Promise<number> {
    this.#socket.on('message', (query, from) => {
      this.heard.push(query);
      const reply = this.answer(query);
      if (reply) this.#socket.send(reply, from.port, from.address);
    });
    await new Promise<void>((resolve) => this.#socket.bind(0, host, resolve));
    return this.#socket.address().port;
  }

  stop(): Promise<void> {
    return new Promise((resolve) => this.#socket.close(() => resolve()));
  }
}

export function honest(query: Buffer): Buffer {
  const action = query.readUInt32BE(8);
  const head = Buffer.concat([query.subarray(8, 12), query.subarray(12, 16)]);
  if (action === 0) return Buffer.concat([head, Buffer.from('connid__')]);
  const counts = Array.from({ length: (query.length - 16) / 20 }, (_, index) => {
    const count = Buffer.alloc(12);
    count.writeUInt32BE(query[16 + index * 20]!, 0);
    count.writeUInt32BE(query[17 + index * 20]!, 8);
    return count;
  });
  return Buffer.concat([head, ...counts]);
}
