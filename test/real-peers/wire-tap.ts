// What wire-tap-child.ts wrote down, read back: every KRPC message of the product, by contact, and every dial.
import { readFileSync } from 'node:fs';
import { readMessage, type ReadMessage } from '../dht/wire-fixtures.ts';

export interface TappedMessage extends ReadMessage {
  readonly atMs: number;
  readonly direction: 'in' | 'out';
  readonly contact: string;
}

export class WireTap {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** All messages so far, or those exchanged with one contact (`host:port`). Throws when the product sent what is no KRPC. */
  messages(contact?: string): TappedMessage[] {
    return this.#lines()
      .filter(([, kind, whom]) => kind !== 'dial' && (contact === undefined || whom === contact))
      .map(([atMs, kind, whom, hex]) => ({
        ...readMessage(Buffer.from(hex!, 'hex')),
        atMs: Number(atMs),
        direction: kind as 'in' | 'out',
        contact: whom!,
      }));
  }

  /** Our queries of `method` to `contact`. */
  asked(contact: string, method: string): TappedMessage[] {
    return this.messages(contact).filter(({ direction, y, q }) => direction === 'out' && y === 'q' && q === method);
  }

  /** What `contact` answered to our queries of `method`: replies and errors. */
  answers(contact: string, method: string): TappedMessage[] {
    const asked = new Set(this.asked(contact, method).map(({ t }) => hex(t)));
    return this.messages(contact).filter(({ direction, y, t }) => direction === 'in' && y !== 'q' && asked.has(hex(t)));
  }

  /** Contacts dialled by TCP, each as often as it was. */
  dials(): string[] {
    return this.#lines()
      .filter(([, kind]) => kind === 'dial')
      .map(([, , contact]) => contact!);
  }

  /** The most datagrams sent to one address in any `windowMs`. */
  busiest(windowMs: number): { host: string; count: number } {
    const recent = new Map<string, number[]>();
    let busiest = { host: '', count: 0 };
    for (const [atMs, kind, contact] of this.#lines()) {
      if (kind !== 'out') continue;
      const host = contact!.slice(0, contact!.lastIndexOf(':'));
      const times = (recent.get(host) ?? []).filter((earlier) => Number(atMs) - earlier < windowMs);
      times.push(Number(atMs));
      recent.set(host, times);
      if (times.length > busiest.count) busiest = { host, count: times.length };
    }
    return busiest;
  }

  #lines(): string[][] {
    // The last line may be half written.
    return readFileSync(this.path, 'utf8')
      .split('\n')
      .slice(0, -1)
      .map((line) => line.split(' '));
  }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
