// The public nodes one begins with when nobody else is known. They serve everybody, so each of their addresses is asked
// at most once in ten minutes, and none is ever kept in a table. A name may have several addresses of which some are
// dead: they are tried in turn until one answers. One that is said to be an ordinary node is asked first like a router, and
// then it is a node like any other.
import type { Clock } from '../base/clock.ts';
import { contactText, type Contact, type NodeContact } from '../base/contact.ts';
import type { Log } from '../base/log.ts';
import { ipv4Number, isLocalHost } from './bogons.ts';
import type { BootstrapHost } from './dht-contract.ts';
import type { Ask } from './lookup.ts';

/** protocol.md 5.4. */
export const ROUTER_INTERVAL_MS = 10 * 60_000;
/** One packet may get lost, or the network be not up yet: silence is asked again after this, then twice this, ... */
const UNANSWERED_INTERVAL_MS = 30_000;
/** A router on our own machine or network is nobody's burden, and may be started after us. */
const LOCAL_ROUTER_INTERVAL_MS = 10_000;
/** Names are looked up again after that, sooner when there was no answer. */
const RESOLVED_FOR_MS = 60 * 60_000;
const UNRESOLVED_FOR_MS = 30_000;
/** Of one name. */
const ADDRESSES_MAX = 8;

interface Router {
  readonly name: BootstrapHost;
  state: 'idle' | 'wanted' | 'resolving' | 'asked';
  addresses: Contact[];
  /** Who is tried next. */
  nextIndex: number;
  resolveAgainAtMs: number;
}

export interface RoutersParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly routers: readonly BootstrapHost[];
  readonly isV6: boolean;
  readonly resolveHost: (name: string) => Promise<string[]>;
  /** Sends to a router; refuses forbidden addresses. */
  readonly askRouter: Ask;
  /** From now on a router, and nothing else. */
  readonly onRouter: (contact: Contact) => void;
}

export class Routers {
  readonly #parts: RoutersParts;
  readonly #routers: readonly Router[];
  /** By address, a few for each router. */
  readonly #asked = new Map<string, { readonly atMs: number; readonly unansweredCount: number }>();
  #target: Uint8Array = new Uint8Array(20);
  #onNodes: (nodes: readonly NodeContact[]) => void = () => undefined;

  constructor(parts: RoutersParts) {
    this.#parts = parts;
    // An address of the other family is that node's business (BEP 32).
    const ofOurFamily = ({ host }: BootstrapHost): boolean => !isNumeric(host) || host.includes(':') === parts.isV6;
    this.#routers = parts.routers.filter(ofOurFamily).map((name) => {
      const addresses = isNumeric(name.host) ? [{ host: name.host, port: name.port }] : [];
      const resolveAgainAtMs = addresses.length > 0 ? Infinity : -Infinity;
      return { name, state: 'idle', addresses, nextIndex: 0, resolveAgainAtMs };
    });
    for (const router of this.#routers) this.#reserve(router);
  }

  /** Asks every router that may be asked again for nodes near `target`. */
  want(target: Uint8Array, onNodes: (nodes: readonly NodeContact[]) => void): void {
    this.#target = target;
    this.#onNodes = onNodes;
    for (const router of this.#routers) {
      if (router.state !== 'idle') continue;
      router.state = 'wanted';
      router.nextIndex = 0;
    }
  }

  /** One waits for its turn, or for its name. */
  get isBusy(): boolean {
    return this.#routers.some(({ state }) => state === 'wanted' || state === 'resolving');
  }

  /** Sends what the budget allows. */
  tick(): void {
    for (const router of this.#routers) if (router.state === 'wanted') this.#advance(router);
  }

  #advance(router: Router): void {
    const nowMs = this.#parts.clock.nowMs();
    if (nowMs >= router.resolveAgainAtMs) {
      this.#resolve(router, nowMs);
      return;
    }
    while (router.nextIndex < router.addresses.length) {
      const contact = router.addresses[router.nextIndex]!;
      if (this.#isRested(contact, nowMs)) {
        this.#ask(router, contact, nowMs);
        return;
      }
      router.nextIndex++;
    }
    router.state = 'idle';
  }

  #ask(router: Router, contact: Contact, nowMs: number): void {
    const query = { method: 'find_node', target: this.#target } as const;
    const key = contactText(contact);
    const isSent = this.#parts.askRouter(contact, query, (outcome) => {
      router.nextIndex++;
      router.state = outcome.kind === 'timeout' || outcome.kind === 'error' ? 'wanted' : 'idle';
      if (outcome.kind !== 'reply') return;
      this.#asked.set(key, { atMs: nowMs, unansweredCount: 0 });
      this.#onNodes(outcome.reply.nodes);
    });
    if (!isSent) return; // the next tick tries again
    router.state = 'asked';
    this.#asked.set(key, { atMs: nowMs, unansweredCount: (this.#asked.get(key)?.unansweredCount ?? 0) + 1 });
  }

  /** Keeps a public router out of every table. */
  #reserve({ name, addresses }: Router): void {
    if (name.isOrdinary !== true) addresses.forEach(this.#parts.onRouter);
  }

  #isRested(contact: Contact, nowMs: number): boolean {
    const asked = this.#asked.get(contactText(contact));
    if (asked === undefined) return true;
    const { atMs, unansweredCount } = asked;
    const patienceMs = unansweredCount === 0 ? Infinity : UNANSWERED_INTERVAL_MS * 2 ** (unansweredCount - 1);
    const intervalMs = isLocalHost(contact.host) ? LOCAL_ROUTER_INTERVAL_MS : Math.min(ROUTER_INTERVAL_MS, patienceMs);
    return nowMs - atMs >= intervalMs;
  }

  #resolve(router: Router, nowMs: number): void {
    const { host, port } = router.name;
    router.state = 'resolving';
    const settle = (hosts: readonly string[]): void => {
      const usable = hosts.filter((address) => isNumeric(address) && address.includes(':') === this.#parts.isV6);
      // An answer that came to nothing does not make us forget what was known.
      if (usable.length > 0)
        router.addresses = usable.slice(0, ADDRESSES_MAX).map((address) => ({ host: address, port }));
      router.resolveAgainAtMs = nowMs + (usable.length > 0 ? RESOLVED_FOR_MS : UNRESOLVED_FOR_MS);
      this.#reserve(router);
      router.state = 'wanted';
    };
    this.#parts.resolveHost(host).then(settle, () => {
      this.#parts.log.warn(`The name ${host} of a DHT router could not be looked up.`);
      settle([]);
    });
  }
}

function isNumeric(host: string): boolean {
  return host.includes(':') || ipv4Number(host) >= 0;
}
