// What the node sends, judged from outside (protocol.md 6.6): I8, I11, I12, and the 24 hours between two samples.
import type { Contact } from '../../main/base/contact.ts';
import { isForbidden } from '../../main/dht/bogons.ts';
import type { KrpcMessage } from '../../main/wire/krpc-codec.ts';
import { SELF_HOST } from './living-network.ts';

const DAY_MS = 86_400_000;
/** protocol.md 5.2: to one address, from the scraper. */
const SCRAPES_A_DAY_MAX = 25;

export class Manners {
  readonly problems: string[] = [];
  /** Highest number of packets of any kind to one address between two calls of forgetDay. */
  packetsToOneMax = 0;
  readonly byMethod: Record<string, number> = {};
  readonly #sampledAtMs = new Map<string, number>();
  readonly #packets = new Map<string, { scrapes: number; all: number }>();

  judge(message: KrpcMessage, to: Contact, nowMs: number): void {
    const forbidden = isForbidden(to, { localAddressesAllowed: false });
    if (forbidden !== null) this.#complain(`I11: a packet to ${to.host}:${to.port} (${forbidden})`);
    if (to.host === SELF_HOST) this.#complain('I11: a packet to itself');
    const kind = message.kind === 'query' ? message.method : message.kind;
    this.byMethod[kind] = (this.byMethod[kind] ?? 0) + 1;
    if (message.kind !== 'query') return;
    if (message.method === 'announce_peer') this.#complain('I12: something was announced');
    const packets = this.#packets.get(to.host) ?? { scrapes: 0, all: 0 };
    this.#packets.set(to.host, packets);
    packets.all++;
    if (packets.all > this.packetsToOneMax) this.packetsToOneMax = packets.all;
    if (message.method !== 'sample_infohashes' && message.method !== 'get_peers') return;
    if (++packets.scrapes > SCRAPES_A_DAY_MAX) this.#complain(`I8: ${packets.scrapes} packets to ${to.host} in a day`);
    if (message.method === 'sample_infohashes') this.#judgeSample(to.host, nowMs);
  }

  /** A day is over: what is older than one is of no interest any more. */
  forgetDay(nowMs: number): void {
    this.#packets.clear();
    this.packetsToOneMax = 0;
    for (const [host, atMs] of this.#sampledAtMs) if (nowMs - atMs >= DAY_MS) this.#sampledAtMs.delete(host);
  }

  #judgeSample(host: string, nowMs: number): void {
    const before = this.#sampledAtMs.get(host) ?? -Infinity;
    this.#sampledAtMs.set(host, nowMs);
    if (nowMs - before < DAY_MS) this.#complain(`R4: ${host} was sampled again after ${(nowMs - before) / 1000} s`);
  }

  #complain(problem: string): void {
    if (this.problems.length < 20) this.problems.push(problem);
  }
}
