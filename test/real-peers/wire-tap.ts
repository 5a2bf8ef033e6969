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

  /** All KRPC messages so far, or those exchanged with one contact (`host:port`). */
  messages(contact?: string): TappedMessage[] {
    return this.#lines()
      .filter(([, , whom, hex]) => isKrpc(hex) && (contact === undefined || whom === contact))
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

  /** What was said to and fro with `contact`, a line each, for a test that fails. */
  story(contact: string): string {
    const messages = this.messages(contact);
    const line = ({ atMs, direction, y, q, e, r }: TappedMessage): string => {
      const parts = [
        ((atMs - messages[0]!.atMs) / 1000).toFixed(2),
        direction,
        y,
        q,
        e.length > 0 ? Number(e[0]) : null,
        ...Object.keys(r),
      ];
      return parts.filter((part) => part != null).join(' ');
    };
    return [contact, ...messages.map(line)].join('\n');
  }

  /** Contacts dialled by TCP, each as often as it was. */
  dials(): string[] {
    return this.#lines()
      .filter(([, kind]) => kind === 'dial')
      .map(([, , contact]) => contact!);
  }

  /** Whom datagrams of any kind were sent to. */
  sentTo(): ReadonlySet<string> {
    return new Set(
      this.#lines()
        .filter(([, kind]) => kind === 'out')
        .map(([, , contact]) => contact!),
    );
  }

  /** The most KRPC messages sent to one address in any `windowMs`. */
  busiest(windowMs: number): { host: string; count: number } {
    const recent = new Map<string, number[]>();
    let busiest = { host: '', count: 0 };
    for (const [atMs, kind, contact, hex] of this.#lines()) {
      if (kind !== 'out' || !isKrpc(hex)) continue;
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

/** A dictionary; what else goes through the socket is uTP. */
function isKrpc(hex: string | undefined): boolean {
  return hex?.startsWith('64') === true;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
