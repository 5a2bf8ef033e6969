// Spreads samples over the address space: at most two a second into one /16 (IPv6: /32), where one operator may own
// everything we ask (protocol.md 5.2). Private and loopback networks are exempt: a closed network is one subnet.
import { assert } from '../base/assert.ts';

const SAMPLES_PER_SECOND_MAX = 2;
const WINDOW_MS = 1000;
/** No pace sends more new samples than this in a second. */
const SUBNETS_MAX = 512;

export class SubnetPace {
  readonly #sentBySubnet = new Map<string, number>();
  #windowStartMs = -Infinity;

  /** True, and counted, if one more sample may go to `host` now. */
  take(host: string, nowMs: number): boolean {
    if (isLocal(host)) return true;
    if (nowMs - this.#windowStartMs >= WINDOW_MS) {
      this.#sentBySubnet.clear();
      this.#windowStartMs = nowMs;
    }
    const subnet = subnetOf(host);
    const sentCount = this.#sentBySubnet.get(subnet) ?? 0;
    if (sentCount >= SAMPLES_PER_SECOND_MAX || this.#sentBySubnet.size >= SUBNETS_MAX) return false;
    this.#sentBySubnet.set(subnet, sentCount + 1);
    return true;
  }

  checkInvariants(): void {
    assert(this.#sentBySubnet.size <= SUBNETS_MAX, 'too many subnets in one second');
  }
}

/** The first half of an IPv4 address, the first two groups of an IPv6 one. */
function subnetOf(host: string): string {
  const separator = host.includes(':') ? ':' : '.';
  return host.slice(0, host.indexOf(separator, host.indexOf(separator) + 1));
}

function isLocal(host: string): boolean {
  return /^(127\.|10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|::1$|f[cd]|fe80:)/.test(host);
}
