// The node's one socket over its life: the port it had last time if that is free, errors counted and now and then said.
// A socket that died is opened again, after a second at first and then ever less often, on another port if its own was
// taken meanwhile; an address that is gone is waited for. Sending while there is none does nothing.
import type { Contact } from '../base/contact.ts';
import type { DhtDependencies, DhtOptions } from './dht-contract.ts';
import type { DatagramSocket, ReceiveBuffer, UdpTransport } from './udp-socket.ts';

const ERROR_LOG_INTERVAL_MS = 60_000;
const REOPEN_AFTER_MS_MIN = 1_000;
const REOPEN_AFTER_MS_MAX = 60_000;
/** A socket that lived so long was a good one: what happens to it is new trouble. */
const GOOD_LIFE_MS = 60_000;

type Dependencies = Pick<DhtDependencies, 'clock' | 'counters' | 'log' | 'openSocket'>;

export interface NodeSocketHooks {
  readonly onDatagram: (bytes: Uint8Array, from: Contact) => void;
  /** There is no socket from now on; what was asked through it gets no answer. */
  readonly onLost: () => void;
  /** There is one again. */
  readonly onBack: () => void;
}

export class NodeSocket {
  readonly #dependencies: Dependencies;
  readonly #options: DhtOptions;
  readonly #hooks: NodeSocketHooks;
  #socket: DatagramSocket | null = null;
  /** Null: there is no address to use now. */
  #host: string | null;
  #port = 0;
  #transport: UdpTransport | null = null;
  #isClosed = false;
  #errorLoggedAtMs = -Infinity;
  #openedAtMs = -Infinity;
  /** When it is tried again; Infinity while it is open, being opened, or not wanted. */
  #reopenAtMs = Infinity;
  #reopenAfterMs = REOPEN_AFTER_MS_MIN;
  /** Each opening has a number: one that was overtaken is closed at once. */
  #opening = 0;

  constructor(dependencies: Dependencies, options: DhtOptions, hooks: NodeSocketHooks) {
    this.#dependencies = dependencies;
    this.#options = options;
    this.#hooks = hooks;
    this.#host = options.bindHost;
  }

  get isOpen(): boolean {
    return this.#socket !== null;
  }

  /** The address it is bound to, or would be; null: none is there to be bound to. */
  get host(): string | null {
    return this.#host;
  }

  /** Of the socket, or of the last one there was; null before it was opened, and of one that does not say. */
  get transport(): UdpTransport | null {
    return this.#transport;
  }

  /** 0 before it was opened, and while there is none. */
  get localPort(): number {
    return this.#socket?.localPort ?? 0;
  }

  /** For the first time. Rejects if the address, or a port that was asked for by number, cannot be had. */
  async open(): Promise<void> {
    const { port, preferredPort = 0 } = this.#options;
    const isFree = port === 0 && preferredPort !== 0;
    await (isFree ? this.#open(preferredPort).catch(() => this.#open(0)) : this.#open(port));
  }

  /** Another address from now on, or none until told again. The same one: nothing happens. */
  rebind(host: string | null): void {
    if (host === this.#host || this.#isClosed) return;
    this.#host = host;
    this.#reopenAfterMs = REOPEN_AFTER_MS_MIN;
    this.#lose(host === null ? Infinity : this.#dependencies.clock.nowMs());
  }

  /** When it is opened again; Infinity: nothing of the kind is due. */
  get dueAtMs(): number {
    return this.#isClosed ? Infinity : this.#reopenAtMs;
  }

  /** Opens it again when it is time. */
  tick(nowMs: number): void {
    if (nowMs < this.#reopenAtMs || this.#isClosed) return;
    this.#reopenAtMs = Infinity;
    void this.#reopen();
  }

  send(bytes: Uint8Array, contact: Contact, byteCount: number): void {
    if (this.#socket === null) return;
    this.#dependencies.counters.packetsOut++;
    this.#socket.send(bytes, contact, byteCount);
  }

  /** What was sent so far has left when this returns, or never will. */
  settle(): void {
    this.#socket?.settle?.();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#opening++;
    const socket = this.#socket;
    this.#socket = null;
    await socket?.close();
  }

  async #open(port: number): Promise<void> {
    const { clock, openSocket } = this.#dependencies;
    const opening = ++this.#opening;
    const socket = await openSocket({
      bindHost: this.#host!,
      port,
      onDatagram: (bytes, from) => {
        if (opening === this.#opening) this.#hooks.onDatagram(bytes, from);
      },
      onError: (error) => this.#hearError(error),
      onDead: (error) => {
        if (opening === this.#opening) this.#hearDead(error);
      },
    });
    if (opening !== this.#opening) {
      await socket.close(); // closed, or another address, meanwhile
      return;
    }
    this.#socket = socket;
    this.#port = socket.localPort;
    this.#transport = socket.transport ?? null;
    this.#openedAtMs = clock.nowMs();
    this.#lookAtBuffer(socket.receiveBuffer ?? null);
  }

  async #reopen(): Promise<void> {
    const { clock, log } = this.#dependencies;
    const opening = this.#opening;
    try {
      const port = this.#port === 0 ? this.#options.port : this.#port;
      await this.#open(port).catch(() => (this.#isOvertaken(opening + 1) ? undefined : this.#open(0)));
      if (!this.isOpen) return;
      log.info(`The DHT socket is open again, on UDP port ${this.localPort}.`);
      this.#hooks.onBack();
    } catch (error) {
      this.#hearError(error as Error);
      if (this.isOpen || this.#isClosed || this.#host === null) return;
      this.#backOff(clock.nowMs());
    }
  }

  /** Said once, for both families together; counted each time. */
  #lookAtBuffer(buffer: ReceiveBuffer | null): void {
    if (buffer === null || buffer.givenBytes >= buffer.wantedBytes / 2) return;
    const { counters, log } = this.#dependencies;
    const isFirst = counters.overflows.get('small-receive-buffer') === 0;
    counters.overflows.count('small-receive-buffer');
    if (!isFirst) return;
    const [given, wanted] = [buffer.givenBytes, buffer.wantedBytes].map((bytes) => `${Math.round(bytes / 1024)} KiB`);
    log.info(
      `The system gives the DHT socket ${given} to receive into where ${wanted} were asked for: ` +
        'answers that arrive while the program is busy may be lost. ' +
        `An administrator can raise the limit (Linux: sysctl net.core.rmem_max=${buffer.wantedBytes}; ` +
        `macOS: sysctl kern.ipc.maxsockbuf=${2 * buffer.wantedBytes}).`,
    );
  }

  #isOvertaken(opening: number): boolean {
    return this.#isClosed || this.#opening !== opening || this.#host === null;
  }

  #hearDead(error: Error): void {
    const { clock, counters, log } = this.#dependencies;
    const nowMs = clock.nowMs();
    counters.dropped.count('socket-lost');
    log.warn(`The DHT socket is lost (${codeOf(error)}); opening another.`);
    if (nowMs - this.#openedAtMs >= GOOD_LIFE_MS) this.#reopenAfterMs = REOPEN_AFTER_MS_MIN;
    this.#lose(Infinity);
    this.#backOff(nowMs);
  }

  #backOff(nowMs: number): void {
    this.#reopenAtMs = nowMs + this.#reopenAfterMs;
    this.#reopenAfterMs = Math.min(REOPEN_AFTER_MS_MAX, 2 * this.#reopenAfterMs);
  }

  #lose(reopenAtMs: number): void {
    const socket = this.#socket;
    this.#opening++;
    this.#socket = null;
    this.#reopenAtMs = reopenAtMs;
    if (socket === null) return;
    void socket.close();
    this.#hooks.onLost();
  }

  /** The socket goes on after errors; the network may come back. The scraper slows down by the counter. */
  #hearError(error: Error): void {
    const { clock, counters, log } = this.#dependencies;
    counters.dropped.count('socket-error');
    if (clock.nowMs() - this.#errorLoggedAtMs < ERROR_LOG_INTERVAL_MS) return;
    this.#errorLoggedAtMs = clock.nowMs();
    log.warn(`The DHT socket reports ${codeOf(error)}.`);
  }
}

function codeOf(error: Error): string {
  return (error as NodeJS.ErrnoException).code ?? error.name;
}
