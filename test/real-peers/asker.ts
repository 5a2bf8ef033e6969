// A socket at an address of its own that sends raw queries: to ask nodes whether they still talk to that address, or to be
// as rude as nobody should be.
import { createSocket, type Socket } from 'node:dgram';
import { queryBytes, readMessage } from '../dht/wire-fixtures.ts';

export class Asker {
  readonly #socket: Socket;
  readonly #answered = new Set<string>();

  static async at(host: string): Promise<Asker> {
    const socket = createSocket('udp4');
    await new Promise<void>((resolve) => socket.bind(0, host, resolve));
    return new Asker(socket);
  }

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('message', (bytes, { address, port }) => {
      if (readMessage(bytes).y === 'r') this.#answered.add(`${address}:${port}`);
    });
  }

  /** Sends one ping, and waits for nothing. */
  ping(contact: string): void {
    const [host, port] = contact.split(':') as [string, string];
    this.#socket.send(queryBytes('ping', {}, { ro: 1 }), Number(port), host);
  }

  /** Pings each up to `attempts` times, a second apart (a busy node may be over its limit); those that never answered. */
  async silentOf(contacts: readonly string[], attempts = 5): Promise<string[]> {
    this.#answered.clear();
    let silent = [...contacts];
    for (let attempt = 0; attempt < attempts && silent.length > 0; attempt++) {
      for (const contact of silent) this.ping(contact);
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      silent = silent.filter((contact) => !this.#answered.has(contact));
    }
    return silent;
  }

  close(): void {
    this.#socket.close();
  }
}
