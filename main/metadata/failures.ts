// Why fetching metadata ended without success, by the names that the counters show (protocol.md 6.2b).
import type { CloseReason } from './transports/peer-connection.ts';

/** What went wrong with one peer. */
export type PeerFailure =
  | 'refused'
  | 'unreachable' //        no route, no permission, no such local address
  | 'connect-timeout'
  | 'handshake-timeout'
  | 'reset-in-handshake' // often a peer that insists on encryption or on uTP
  | 'bad-encryption' //     no peer encryption, or a broken one
  | 'bad-transport' //      uTP against its rules
  | 'not-bittorrent'
  | 'wrong-hash'
  | 'no-ltep'
  | 'no-ut-metadata'
  | 'no-size'
  | 'oversize'
  | 'reject' //             the peer has no metadata itself, or does not want to send it
  | 'stall' //              late or too slow after the handshake
  | 'closed' //             hung up after the handshake
  | 'flood'
  | 'bad-message' //        a message too long, or no bencode where it must be
  | 'bad-piece' //          not a block that was asked for
  | 'mismatch' //           the hash is wrong
  | 'no-memory'; //         our own limit, not the peer's fault

/** Why an infohash was given up. Only `invalid` and the last PeerFailure are counted as failures. */
export type GivenUpReason =
  | PeerFailure
  | 'invalid' //   proved by its hash, and nonsense: never fetched again
  | 'no-peers' //  none of the peers offered may be dialled
  | 'duplicate' // the other infohash of a hybrid that has just been fetched
  | 'expired' //   waited too long for its turn
  | 'overflow'; // the queue was full and this was its oldest

/** The peer broke a rule on purpose or beyond repair: its address is left alone for a while. */
const HOSTILE: ReadonlySet<PeerFailure> = new Set(['oversize', 'flood', 'bad-message', 'bad-piece', 'mismatch']);

export function isHostile(reason: PeerFailure): boolean {
  return HOSTILE.has(reason);
}

/** Nobody answers there, whatever is asked for. */
export function isDead(reason: PeerFailure): boolean {
  return reason === 'refused' || reason === 'connect-timeout';
}

/** What it means when a connection never came about. */
export function connectFailure(reason: CloseReason): PeerFailure {
  if (reason === 'refused' || reason === 'unreachable' || reason === 'bad-encryption') return reason;
  // Accepted, and gone before we were told.
  return reason === 'timeout' ? 'connect-timeout' : 'reset-in-handshake';
}

/** Nothing was learnt about the infohash: the network or our own limits were in the way. */
export function isOwnTrouble(reason: GivenUpReason): boolean {
  return reason === 'unreachable' || reason === 'no-memory';
}

/** How far a conversation came: whoever failed later has told more. */
const BEFORE_ANSWER: readonly PeerFailure[] = [
  ...(['unreachable', 'connect-timeout', 'refused', 'bad-transport', 'handshake-timeout', 'bad-encryption'] as const),
  ...(['reset-in-handshake', 'not-bittorrent'] as const),
];

/** The peer spoke BitTorrent to us, whatever came of it. */
export function hasAnswered(reason: PeerFailure): boolean {
  return !BEFORE_ANSWER.includes(reason);
}

/** Whether `a` says more of the peer than `b`. */
export function tellsMore(a: PeerFailure, b: PeerFailure): boolean {
  const rank = (reason: PeerFailure): number => (hasAnswered(reason) ? Infinity : BEFORE_ANSWER.indexOf(reason));
  return rank(a) > rank(b);
}
