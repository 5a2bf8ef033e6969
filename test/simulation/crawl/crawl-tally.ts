// What a crawl cost and what it brought, counted on the network's side: no strategy keeps its own books.
import { NEW_AGAIN_AFTER_MS } from '../../../main/dht/rate-limits.ts';

export class CrawlTally {
  readonly byMethod = new Map<string, number>();
  packetCount = 0;
  /** Flows: an address not spoken to for 120 s costs a router an entry again. */
  newAddressCount = 0;
  /** Samples that reached a node before the `interval` of its last answer was over. */
  intervalViolations = 0;
  /** Samples that were answered with samples. */
  sampledCount = 0;
  /** Infohashes in those answers, each time anew. */
  infohashCount = 0;
  firstInfohashAtMs: number | null = null;
  natRefusedCount = 0;
  /** Highest number of samples into one /16 in one second. */
  subnetSamplesMax = 0;
  readonly found = new Set<number>();
  readonly #lastToMs = new Map<string, number>();
  readonly #packetsTo = new Map<string, number>();
  #second = -1;
  readonly #subnetSamples = new Map<string, number>();

  sent(host: string, method: string, nowMs: number): void {
    this.packetCount++;
    this.byMethod.set(method, (this.byMethod.get(method) ?? 0) + 1);
    if (nowMs - (this.#lastToMs.get(host) ?? -Infinity) >= NEW_AGAIN_AFTER_MS) this.newAddressCount++;
    this.#lastToMs.set(host, nowMs);
    this.#packetsTo.set(host, (this.#packetsTo.get(host) ?? 0) + 1);
    if (method === 'sample_infohashes') this.#countSubnet(host, nowMs);
  }

  gave(infohashes: Int32Array, nowMs: number): void {
    this.sampledCount++;
    this.infohashCount += infohashes.length;
    if (infohashes.length > 0) this.firstInfohashAtMs ??= nowMs;
    for (const infohash of infohashes) this.found.add(infohash);
  }

  /** Everything but get_peers: what it took to find infohashes, not what it took to follow them up. */
  get discoveryCount(): number {
    return this.packetCount - (this.byMethod.get('get_peers') ?? 0);
  }

  get addressCount(): number {
    return this.#packetsTo.size;
  }

  get packetsToOneMax(): number {
    return Math.max(0, ...this.#packetsTo.values());
  }

  packetsTo(host: string): number {
    return this.#packetsTo.get(host) ?? 0;
  }

  #countSubnet(host: string, nowMs: number): void {
    const second = Math.floor(nowMs / 1000);
    if (second !== this.#second) this.#subnetSamples.clear();
    this.#second = second;
    const subnet = host.split('.', 2).join('.');
    const count = (this.#subnetSamples.get(subnet) ?? 0) + 1;
    this.#subnetSamples.set(subnet, count);
    this.subnetSamplesMax = Math.max(this.subnetSamplesMax, count);
  }
}
