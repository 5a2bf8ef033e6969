// The node's one socket over its life: the port it had last time if that is free, errors counted and now and then said,
// sending before it is open or after it is closed does nothing.
import type { Contact } from '../base/contact.ts';
import type { DhtDependencies, DhtOptions } from './dht-contract.ts';
import type { DatagramSocket } from './udp-socket.ts';

const ERROR_LOG_INTERVAL_MS = 60_000;

export class NodeSocket {
  readonly #dependencies: Pick<DhtDependencies, 'clock' | 'counters' | 'log' | 'openSocket'>;
  #socket: DatagramSocket | null = null;
  #isClosed = false;
  #errorLoggedAtMs = -Infinity;

  constructor(dependencies: Pick<DhtDependencies, 'clock' | 'counters' | 'log' | 'openSocket'>) {
    this.#dependencies = dependencies;
  }

  get isOpen(): boolean {
    return this.#socket !== null && !this.#isClosed;
  }

  /** 0 before it was opened. */
  get localPort(): number {
    return this.#socket?.localPort ?? 0;
  }

  /** Rejects if the address, or a port that was asked for by number, cannot be had. */
  async open(options: DhtOptions, onDatagram: (bytes: Uint8Array, from: Contact) => void): Promise<void> {
    const { bindHost, port, preferredPort = 0 } = options;
    const { openSocket } = this.#dependencies;
    const open = (chosenPort: number): Promise<DatagramSocket> =>
      openSocket({ bindHost, port: chosenPort, onDatagram, onError: (error) => this.#hearError(error) });
    const isFree = port === 0 && preferredPort !== 0;
    const socket = await (isFree ? open(preferredPort).catch(() => open(0)) : open(port));
    this.#socket = socket;
    if (this.#isClosed) await socket.close();
  }

  send(bytes: Uint8Array, contact: Contact, byteCount: number): void {
    this.#dependencies.counters.packetsOut++;
    this.#socket?.send(bytes, contact, byteCount);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#socket?.close();
  }

  /** The socket goes on after errors; the network may come back. The scraper slows down by the counter. */
  #hearError(error: Error): void {
    const { clock, counters, log } = this.#dependencies;
    counters.dropped.count('socket-error');
    if (clock.nowMs() - this.#errorLoggedAtMs < ERROR_LOG_INTERVAL_MS) return;
    this.#errorLoggedAtMs = clock.nowMs();
    log.warn(`The DHT socket reports ${(error as NodeJS.ErrnoException).code ?? error.name}.`);
  }
}
