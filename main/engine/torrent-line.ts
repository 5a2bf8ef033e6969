// The info dictionaries that the person asks for, to save them as .torrent files: peers are looked up and asked once more, by
// a fetcher of each one's own, so that nothing of the crawl stands in the queue before it. Few at once, bounded in time; what
// comes out was verified by its hash and is handed on as it was received. Owned by discovery.ts.
import { assert } from '../base/assert.ts';
import { toKey } from '../base/bytes.ts';
import type { Clock, Timer } from '../base/clock.ts';
import { contactText, type Contact } from '../base/contact.ts';
import { asInfohash, IDENTIFIER_BYTES, type Infohash } from '../base/identifier.ts';
import { MetadataFetcher } from '../metadata/metadata-fetcher.ts';
import type { MetadataDependencies } from '../metadata/fetcher-contract.ts';
import { Counters } from '../stats/counters.ts';
import type { TorrentFailure } from './engine-contract.ts';

/** More than a person follows at once; beyond it the newest is refused. */
export const TORRENTS_AT_ONCE_MAX = 4;
export const TORRENT_LIMIT_MS = 90_000;
/** A fetcher asks so many peers for an infohash and then gives it up; the next ones are offered then. */
const PEERS_OFFERED = 8;
/** Peers of one torrent that are asked in all. */
const PEERS_MAX = 64;
/** A lookup that cannot begin now, because too many are under way, is tried again. */
const LOOKUP_AGAIN_MS = 1_000;
const LIMITS = { connectionsMax: 4, newConnectionsPerSecond: 2 };

/** As much of the DHT node as is needed. */
export interface PeerFinder {
  lookupPeers(infohash: Uint8Array, onDone: (peers: Contact[]) => void): boolean;
}

export interface TorrentListener {
  /** So many peers are known that may have it. */
  onPeers(peerCount: number): void;
  /** The info dictionary, in pieces, byte for byte as its hash says. */
  onFetched(blocks: readonly Uint8Array[]): void;
  onFailed(reason: TorrentFailure): void;
}

export interface TorrentLineDependencies extends Omit<MetadataDependencies, 'counters'> {
  readonly clock: Clock;
}

export interface TorrentLineOptions {
  readonly bindHost: string;
  readonly bindHost6?: string;
}

export class TorrentLine {
  readonly #dependencies: TorrentLineDependencies;
  readonly #options: TorrentLineOptions;
  /** One for each family of addresses. */
  readonly #finders: PeerFinder[] = [];
  readonly #wanted = new Map<number, Wanted>();
  #isPaused: boolean;

  constructor(dependencies: TorrentLineDependencies, options: TorrentLineOptions, isPaused: boolean) {
    this.#dependencies = dependencies;
    this.#options = options;
    this.#isPaused = isPaused;
  }

  get wantedCount(): number {
    return this.#wanted.size;
  }

  join(finder: PeerFinder): void {
    this.#finders.push(finder);
  }

  /** `infohashes`: n x 20 bytes packed, the one or two that the torrent goes by. `listener` hears one end, once. */
  fetch(requestId: number, infohashes: Uint8Array, listener: TorrentListener): void {
    if (this.#isPaused || this.#finders.length === 0) return listener.onFailed('paused');
    if (this.#wanted.size >= TORRENTS_AT_ONCE_MAX) return listener.onFailed('busy');
    const asked: Infohash[] = [];
    for (
      let at = 0;
      at + IDENTIFIER_BYTES <= Math.min(infohashes.length, 2 * IDENTIFIER_BYTES);
      at += IDENTIFIER_BYTES
    ) {
      asked.push(asInfohash(infohashes.slice(at, at + IDENTIFIER_BYTES)));
    }
    const wanted = new Wanted(this.#dependencies, this.#options, {
      ...listener,
      onPeers: (peerCount) => listener.onPeers(peerCount),
      onFetched: (blocks) => {
        this.#wanted.delete(requestId);
        listener.onFetched(blocks);
      },
      onFailed: (reason) => {
        this.#wanted.delete(requestId);
        listener.onFailed(reason);
      },
    });
    this.#wanted.set(requestId, wanted);
    wanted.start(asked, this.#finders);
  }

  /** Ends it; its listener hears nothing more. */
  cancel(requestId: number): void {
    this.#wanted.get(requestId)?.stop();
    this.#wanted.delete(requestId);
  }

  /** Nothing leaves from now on: what is under way fails. */
  pause(): void {
    this.#isPaused = true;
    for (const wanted of [...this.#wanted.values()]) wanted.fail('paused');
  }

  resume(): void {
    this.#isPaused = false;
  }

  stop(): void {
    for (const requestId of [...this.#wanted.keys()]) this.cancel(requestId);
    this.#isPaused = true;
  }

  checkInvariants(): void {
    assert(this.#wanted.size <= TORRENTS_AT_ONCE_MAX, 'few torrents are asked for at once');
    assert(!this.#isPaused || this.#wanted.size === 0, 'none while paused');
    for (const wanted of this.#wanted.values()) wanted.checkInvariants();
  }
}

/** One torrent that is asked for. */
class Wanted {
  readonly #clock: Clock;
  readonly #listener: TorrentListener;
  readonly #fetcher: MetadataFetcher;
  readonly #timers = new Set<Timer>();
  /** Found and not offered yet, by infohash. */
  readonly #waiting = new Map<Infohash, Contact[]>();
  readonly #found = new Set<string>();
  /** Infohashes that the fetcher asks for now: it takes no more peers than it has. */
  readonly #asking = new Set<string>();
  #lookupsLeft = 0;
  #hasEnded = false;

  constructor(dependencies: TorrentLineDependencies, options: TorrentLineOptions, listener: TorrentListener) {
    this.#clock = dependencies.clock;
    this.#listener = listener;
    this.#fetcher = new MetadataFetcher(
      // Counters of its own: those of the crawl say how the crawl is doing.
      { ...dependencies, counters: new Counters() },
      { ...LIMITS, bindHost: options.bindHost, bindHost6: options.bindHost6 },
      {
        onFetched: ({ blocks }) => {
          if (this.stop()) this.#listener.onFetched(blocks);
        },
        onGivenUp: (infohash) => {
          this.#asking.delete(toKey(infohash));
          // In a turn of its own: it may be called from inside offer().
          this.#later(0, () => this.#offerMore());
        },
      },
    );
  }

  start(infohashes: readonly Infohash[], finders: readonly PeerFinder[]): void {
    this.#later(TORRENT_LIMIT_MS, () => this.fail(this.#found.size === 0 ? 'no-peers' : 'no-answer'));
    for (const infohash of infohashes) {
      this.#waiting.set(infohash, []);
      for (const finder of finders) this.#lookUp(infohash, finder);
    }
  }

  fail(reason: TorrentFailure): void {
    if (this.stop()) this.#listener.onFailed(reason);
  }

  /** Ends everything; false when it had ended before. */
  stop(): boolean {
    if (this.#hasEnded) return false;
    this.#hasEnded = true;
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
    void this.#fetcher.stop();
    return true;
  }

  checkInvariants(): void {
    assert(this.#found.size <= PEERS_MAX, 'few peers are asked for one torrent');
    this.#fetcher.checkInvariants();
  }

  #lookUp(infohash: Infohash, finder: PeerFinder): void {
    const isBegun = finder.lookupPeers(infohash, (peers) => {
      this.#lookupsLeft -= 1;
      if (!this.#hasEnded) this.#peersCame(infohash, peers);
    });
    this.#lookupsLeft += 1;
    if (isBegun) return;
    this.#later(LOOKUP_AGAIN_MS, () => {
      this.#lookupsLeft -= 1;
      this.#lookUp(infohash, finder);
    });
  }

  #peersCame(infohash: Infohash, peers: readonly Contact[]): void {
    const waiting = this.#waiting.get(infohash);
    for (const peer of peers) {
      const text = contactText(peer);
      if (this.#found.size >= PEERS_MAX) break;
      if (this.#found.has(text)) continue;
      this.#found.add(text);
      waiting?.push(peer);
    }
    if (this.#found.size > 0) this.#listener.onPeers(this.#found.size);
    this.#offerMore();
  }

  /** The next peers of whatever is not being asked for; fails when there are none left and nobody looks any more. */
  #offerMore(): void {
    for (const [infohash, peers] of this.#waiting) {
      const key = toKey(infohash);
      if (this.#hasEnded || peers.length === 0 || this.#asking.has(key)) continue;
      this.#asking.add(key);
      this.#fetcher.offer(infohash, peers.splice(0, PEERS_OFFERED), 'lookup');
    }
    if (this.#hasEnded || this.#asking.size > 0 || this.#lookupsLeft > 0) return;
    // Refused in this turn: the next one goes on.
    if ([...this.#waiting.values()].some((peers) => peers.length > 0)) return;
    this.fail(this.#found.size === 0 ? 'no-peers' : 'no-answer');
  }

  #later(delayMs: number, callback: () => void): void {
    if (this.#hasEnded) return;
    const timer = this.#clock.setTimer(delayMs, () => {
      this.#timers.delete(timer);
      callback();
    });
    this.#timers.add(timer);
  }
}
