// What the fetcher needs, what may be set, and what it gives. Types only; `metadata-fetcher.ts` passes them on.
import type { Clock } from '../base/clock.ts';
import type { Contact } from '../base/contact.ts';
import type { Infohash } from '../base/identifier.ts';
import type { Random } from '../base/random.ts';
import type { Counters } from '../stats/counters.ts';
import type { TorrentInfo } from '../wire/info-dictionary.ts';
import type { ConnectionLimits } from './dial-limits.ts';
import type { GivenUpReason } from './failures.ts';
import type { PeerStage } from './fetch-queue.ts';
import type { TransportOptions } from './transport-policy.ts';
import type { DialPeer } from './transports/peer-connection.ts';

export interface MetadataDependencies {
  readonly clock: Clock;
  readonly random: Random;
  readonly counters: Counters;
  readonly dial: DialPeer;
  /** False for addresses that must never be dialled (dht/bogons.ts). Callers filter too; this is the second check. */
  readonly mayConnect: (contact: Contact) => boolean;
}

export interface MetadataOptions extends ConnectionLimits {
  /** Local address of every connection; a wildcard lets the system choose. */
  readonly bindHost: string;
  /** That of IPv6 connections, where `bindHost` is an IPv4 address; without it there are none, unless `bindHost` is 0.0.0.0. */
  readonly bindHost6?: string | undefined;
  /** Default: all of them. */
  readonly transports?: TransportOptions;
  /** Peers asked at the same time for one infohash; default SESSIONS_PER_JOB_MAX, and no more than that. */
  readonly peersAtOnceMax?: number;
}

export interface FetchedTorrent {
  readonly infohashV1: Uint8Array | null;
  readonly infohashV2: Uint8Array | null;
  readonly info: TorrentInfo;
  /** Different peers named so far, counted up to 200. */
  readonly peersSeen: number;
  readonly asked: Infohash;
  /** Which stage named the peer that delivered. */
  readonly stage: PeerStage;
  /** The info dictionary as it was received, in pieces. */
  readonly blocks: readonly Uint8Array[];
}

export interface MetadataListener {
  onFetched(fetched: FetchedTorrent): void;
  /** Each infohash offered ends in one of the two; this one may be called from inside offer(). */
  onGivenUp(infohash: Infohash, reason: GivenUpReason): void;
}
