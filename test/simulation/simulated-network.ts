// A network in one process, driven by a simulated clock and one seed: latency, loss, duplication, reordering, NAT,
// machines that are off. Implements the same interface as the real UDP socket, so the production node runs on it
// unchanged, thousands of times over.
import { assert } from '../../main/base/assert.ts';
import { contactText, type Contact } from '../../main/base/contact.ts';
import type { Random } from '../../main/base/random.ts';
import type { DatagramSocket, OpenDatagramSocket } from '../../main/dht/udp-socket.ts';
import type { SimulatedClock } from './simulated-clock.ts';

export interface NetworkConditions {
  /** One way, drawn for each datagram. */
  readonly latencyMsMin: number;
  readonly latencyMsMax: number;
  /** 0 to 1. */
  readonly lossRatio: number;
  readonly duplicateRatio: number;
  /** So many datagrams take REORDER_MS longer and are overtaken. */
  readonly reorderRatio: number;
}

export const CALM: NetworkConditions = {
  latencyMsMin: 20,
  latencyMsMax: 80,
  lossRatio: 0,
  duplicateRatio: 0,
  reorderRatio: 0,
};

export const ROUGH: NetworkConditions = {
  latencyMsMin: 20,
  latencyMsMax: 300,
  lossRatio: 0.03,
  duplicateRatio: 0.02,
  reorderRatio: 0.05,
};

const REORDER_MS = 400;
/** A NAT lets in who was spoken to so lately. */
const NAT_MAPPING_MS = 120_000;
const EPHEMERAL_PORT_MIN = 20_000;

export interface Datagram {
  readonly from: Contact;
  readonly to: Contact;
  readonly bytes: Uint8Array;
  readonly sentAtMs: number;
}

interface Endpoint {
  readonly contact: Contact;
  readonly onDatagram: (bytes: Uint8Array, from: Contact) => void;
  readonly onError: (error: Error) => void;
  readonly onDead: (error: Error) => void;
}

interface Nat {
  readonly mappingsMax: number;
  /** By remote contact, when it was spoken to; in that order. */
  readonly spokenToAtMs: Map<string, number>;
}

export class SimulatedNetwork {
  /** Sees every datagram that a node sends, before anything happens to it. */
  onSent: ((datagram: Datagram) => void) | null = null;
  conditions: NetworkConditions;
  sentCount = 0;
  deliveredCount = 0;
  readonly #clock: SimulatedClock;
  readonly #random: Random;
  readonly #endpoints = new Map<string, Endpoint>();
  readonly #offHosts = new Set<string>();
  readonly #goneHosts = new Set<string>();
  readonly #nats = new Map<string, Nat>();
  #nextPort = EPHEMERAL_PORT_MIN;
  #isDown = false;

  constructor(clock: SimulatedClock, random: Random, conditions: NetworkConditions = CALM) {
    this.#clock = clock;
    this.#random = random;
    this.conditions = conditions;
  }

  readonly openSocket: OpenDatagramSocket = ({ bindHost, port, onDatagram, onError, onDead = () => undefined }) => {
    if (this.#goneHosts.has(bindHost)) return Promise.reject(codedError('EADDRNOTAVAIL'));
    const contact = { host: bindHost, port: port === 0 ? this.#nextPort++ : port };
    const key = contactText(contact);
    if (this.#endpoints.has(key)) return Promise.reject(codedError('EADDRINUSE'));
    this.#endpoints.set(key, { contact, onDatagram, onError, onDead });
    let isOpen = true;
    const socket: DatagramSocket = {
      localPort: contact.port,
      send: (bytes, to, byteCount = bytes.length) => {
        assert(isOpen, 'a closed socket sends nothing');
        this.#send(contact, to, bytes.slice(0, byteCount));
      },
      close: () => {
        isOpen = false;
        this.#endpoints.delete(key);
        return Promise.resolve();
      },
    };
    return Promise.resolve(socket);
  };

  /** Sends as if from `from`, whether or not anybody is there: forged senders. */
  inject(from: Contact, to: Contact, bytes: Uint8Array): void {
    this.#carry({ from, to, bytes: bytes.slice(), sentAtMs: this.#clock.nowMs() });
  }

  /** Machines that are off neither get nor send. */
  setOff(host: string, isOff: boolean): void {
    if (isOff) this.#offHosts.add(host);
    else this.#offHosts.delete(host);
  }

  /** Nothing reaches anybody. */
  setDown(isDown: boolean): void {
    this.#isDown = isDown;
  }

  /** Only who was spoken to in the last two minutes gets in; beyond `mappingsMax` remote addresses new ones are lost. */
  placeBehindNat(host: string, mappingsMax = Infinity): void {
    this.#nats.set(host, { mappingsMax, spokenToAtMs: new Map() });
  }

  /** Remote addresses in the table of the router in front of `host`. */
  natMappingCount(host: string): number {
    return this.#nats.get(host)?.spokenToAtMs.size ?? 0;
  }

  /** The socket of `contact` reports an error. */
  fail(contact: Contact, code: string): void {
    this.#endpoints.get(contactText(contact))?.onError(codedError(code));
  }

  /** The socket of `contact` is of no use from now on, and knows it. */
  kill(contact: Contact, code: string): void {
    const endpoint = this.#endpoints.get(contactText(contact));
    this.#endpoints.delete(contactText(contact));
    endpoint?.onDead(codedError(code));
  }

  /** The machine loses an address: nothing can be bound to it. */
  setGone(host: string, isGone: boolean): void {
    if (isGone) this.#goneHosts.add(host);
    else this.#goneHosts.delete(host);
  }

  #send(from: Contact, to: Contact, bytes: Uint8Array): void {
    this.sentCount++;
    const datagram = { from, to, bytes, sentAtMs: this.#clock.nowMs() };
    this.onSent?.(datagram);
    const nat = this.#nats.get(from.host);
    if (nat !== undefined && !this.#openMapping(nat, to)) return;
    this.#carry(datagram);
    if (this.#random.fraction() < this.conditions.duplicateRatio) this.#carry(datagram);
  }

  #carry(datagram: Datagram): void {
    const { latencyMsMin, latencyMsMax, lossRatio, reorderRatio } = this.conditions;
    if (this.#isDown || this.#random.fraction() < lossRatio) return;
    let delayMs = latencyMsMin + this.#random.fraction() * (latencyMsMax - latencyMsMin);
    if (this.#random.fraction() < reorderRatio) delayMs += REORDER_MS;
    this.#clock.setTimer(delayMs, () => this.#deliver(datagram));
  }

  #deliver({ from, to, bytes }: Datagram): void {
    const endpoint = this.#endpoints.get(contactText(to));
    if (endpoint === undefined || this.#isDown) return;
    if (this.#offHosts.has(to.host) || this.#offHosts.has(from.host)) return;
    const nat = this.#nats.get(to.host);
    const spokenToAtMs = nat?.spokenToAtMs.get(contactText(from)) ?? -Infinity;
    if (nat !== undefined && this.#clock.nowMs() - spokenToAtMs > NAT_MAPPING_MS) return;
    this.deliveredCount++;
    endpoint.onDatagram(bytes, { ...from });
  }

  #openMapping(nat: Nat, to: Contact): boolean {
    const nowMs = this.#clock.nowMs();
    for (const [key, atMs] of nat.spokenToAtMs) {
      if (nowMs - atMs <= NAT_MAPPING_MS) break;
      nat.spokenToAtMs.delete(key);
    }
    const key = contactText(to);
    if (!nat.spokenToAtMs.has(key) && nat.spokenToAtMs.size >= nat.mappingsMax) return false;
    nat.spokenToAtMs.delete(key);
    nat.spokenToAtMs.set(key, nowMs);
    return true;
  }
}

function codedError(code: string): Error {
  return Object.assign(new Error(code), { code });
}

/** An IPv6 address of a network of its own for each of 65,536 simulated machines. */
export function simulatedHost6(index: number): string {
  assert(index >= 0 && index < 65_536, 'there are 65,536 simulated machines');
  return `2a00:1:${(index + 1).toString(16)}::7`;
}

/** A public address of its own /24 for each of 65,536 simulated machines (never used outside the simulation). */
export function simulatedHost(index: number): string {
  assert(index >= 0 && index < 65_536, 'there are 65,536 simulated machines');
  return `23.${index >> 8}.${index & 255}.7`;
}
