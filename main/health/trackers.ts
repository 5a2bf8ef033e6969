// The UDP trackers that the person turned on, behind one socket of their own (the DHT's port is nobody else's business).
// Without any tracker there is no socket and nothing is sent.
import { contactText, type Contact } from '../base/contact.ts';
import type { DhtDependencies } from '../dht/dht-contract.ts';
import type { DatagramSocket } from '../dht/udp-socket.ts';
import type { TrackerCount } from '../wire/udp-tracker.ts';
import { TrackerClient } from './tracker-client.ts';

const TRACKERS_MAX = 8;

export interface TrackersDependencies extends DhtDependencies {
  /** False for addresses that must never be sent to. */
  readonly mayConnect: (contact: Contact) => boolean;
  readonly onCount: (infohash: Uint8Array, count: TrackerCount) => void;
}

export interface TrackersOptions {
  readonly bindHost: string;
  /** UDP trackers by host and port; the first TRACKERS_MAX are asked. */
  readonly trackers: readonly { readonly host: string; readonly port: number }[];
}

export class Trackers {
  readonly #dependencies: TrackersDependencies;
  readonly #bindHost: string;
  readonly #clients = new Map<string, TrackerClient>();
  #trackers: TrackersOptions['trackers'];
  #socket: DatagramSocket | null = null;
  #opening: Promise<void> | null = null;
  /** Counts the times that everything was closed: what was being opened before is closed when it is there. */
  #closings = 0;
  #isStopped = false;

  constructor(dependencies: TrackersDependencies, options: TrackersOptions) {
    this.#dependencies = dependencies;
    this.#bindHost = options.bindHost;
    this.#trackers = options.trackers;
  }

  get isOn(): boolean {
    return this.#trackers.length > 0;
  }

  /** From now on these are asked and no others; none turns them off. */
  async set(trackers: TrackersOptions['trackers']): Promise<void> {
    this.#trackers = trackers;
    await this.pause();
  }

  /** Asks every tracker; what they answer comes by onCount. */
  async ask(infohashes: readonly Uint8Array[]): Promise<void> {
    if (!this.isOn || this.#isStopped || infohashes.length === 0) return;
    await (this.#opening ??= this.#open());
    for (const client of this.#clients.values()) client.ask(infohashes);
  }

  /** Nothing is sent from this call on; the socket is closed, and opened again by the next question. */
  async pause(): Promise<void> {
    const { clients, socket } = { clients: [...this.#clients.values()], socket: this.#socket };
    this.#closings++;
    this.#clients.clear();
    this.#socket = null;
    this.#opening = null;
    for (const client of clients) client.stop();
    await socket?.close();
  }

  stop(): Promise<void> {
    this.#isStopped = true;
    return this.pause();
  }

  checkInvariants(): void {
    for (const client of this.#clients.values()) client.checkInvariants();
  }

  async #open(): Promise<void> {
    const { log, openSocket, counters } = this.#dependencies;
    const closings = this.#closings;
    try {
      const socket = await openSocket({
        bindHost: this.#bindHost,
        port: 0,
        onDatagram: (bytes, from) => this.#clients.get(contactText(from))?.receive(bytes),
        onError: () => counters.dropped.count('tracker-socket-error'),
      });
      if (this.#isStopped || this.#closings !== closings) return await socket.close();
      this.#socket = socket;
    } catch (error) {
      log.warn(`Trackers cannot be asked: ${error instanceof Error ? error.message : String(error)}`);
      return;
    }
    for (const tracker of this.#trackers.slice(0, TRACKERS_MAX)) await this.#add(tracker, closings);
  }

  async #add({ host, port }: TrackersOptions['trackers'][number], closings: number): Promise<void> {
    const { resolveHost, mayConnect, counters } = this.#dependencies;
    if (this.#closings !== closings) return;
    const isV6 = this.#bindHost.includes(':');
    const found = await (isNumeric(host) ? Promise.resolve([host]) : resolveHost(host).catch(() => []));
    const address = found.find((known) => known.includes(':') === isV6);
    const contact = address === undefined ? null : { host: address, port };
    if (!contact || !mayConnect(contact)) return counters.dropped.count('tracker-unreachable');
    if (this.#closings !== closings) return;
    const send = (bytes: Uint8Array, to: Contact): void => this.#socket?.send(bytes, to);
    this.#clients.set(contactText(contact), new TrackerClient({ ...this.#dependencies, contact, send }));
  }
}

function isNumeric(host: string): boolean {
  return host.includes(':') || /^\d+\.\d+\.\d+\.\d+$/.test(host);
}
