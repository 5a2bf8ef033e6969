// One peer, tried over one transport after another until a conversation succeeds or none is worth it (transport-policy.ts).
// To whoever asked it is one attempt with one end. A second connection is a new flow and waits for its turn like any.
import type { Contact } from '../base/contact.ts';
import type { Infohash } from '../base/identifier.ts';
import type { Counters } from '../stats/counters.ts';
import { hasAnswered, type PeerFailure, tellsMore } from './failures.ts';
import type { MetadataPieces } from './metadata-pieces.ts';
import { PeerSession, type SessionDependencies, type SessionEnd } from './peer-session.ts';
import type { TransportPolicy } from './transport-policy.ts';
import type { Transport } from './transports/peer-connection.ts';

/** How long the next connection may wait for its turn. */
const TURN_MS_MAX = 10_000;

export interface AttemptDependencies extends Omit<SessionDependencies, 'transport'> {
  readonly counters: Counters;
  readonly policy: TransportPolicy;
  /** Whether one more connection may be opened now; if so it is counted as opened. */
  readonly takeFlow: () => boolean;
}

export class PeerAttempt {
  readonly contact: Contact;
  readonly startedAtMs: number;
  readonly #infohash: Infohash;
  readonly #dependencies: AttemptDependencies;
  readonly #tried: Transport[] = [];
  #session: PeerSession | null = null;
  #waiting: { readonly transport: Transport; readonly untilMs: number } | null = null;
  /** Of all failures the one that came furthest. */
  #failure: PeerFailure | null = null;

  /** The first connection is opened at once: its flow is the caller's to count. */
  constructor(infohash: Infohash, contact: Contact, dependencies: AttemptDependencies) {
    this.#infohash = infohash;
    this.contact = contact;
    this.#dependencies = dependencies;
    this.startedAtMs = dependencies.clock.nowMs();
    this.#open(dependencies.policy.first(contact));
  }

  /** The peer is sending metadata, and fast enough: no reason to ask a second one at the same time. */
  get isReceiving(): boolean {
    return this.#session?.isReceiving ?? false;
  }

  /** Ends a connection whose deadline has passed, and opens the next one when its turn has come. */
  check(nowMs: number): void {
    this.#session?.check(nowMs);
    const waiting = this.#waiting;
    if (!waiting) return;
    if (this.#dependencies.takeFlow()) this.#open(waiting.transport);
    else if (nowMs >= waiting.untilMs) this.#end();
  }

  /** Ends at once and says nothing. */
  cancel(): void {
    this.#waiting = null;
    this.#session?.cancel();
    this.#session = null;
  }

  isFilling(pieces: MetadataPieces): boolean {
    return this.#session?.isFilling(pieces) ?? false;
  }

  #open(transport: Transport): void {
    this.#waiting = null;
    this.#tried.push(transport);
    this.#dependencies.counters.peersDialled++;
    const onEnd = (end: SessionEnd): void => this.#onSessionEnd(transport, end);
    this.#session = new PeerSession(this.#infohash, this.contact, { ...this.#dependencies, transport, onEnd });
  }

  #onSessionEnd(transport: Transport, end: SessionEnd): void {
    const { clock, counters, onEnd, policy, takeFlow } = this.#dependencies;
    this.#session = null;
    counters.metadataByTransport.count(`${transport} ${end.kind === 'complete' ? 'complete' : end.reason}`);
    if (end.kind === 'complete') {
      policy.ended(this.contact, this.#tried, 'complete');
      return onEnd(end);
    }
    policy.ended(this.contact, this.#tried, hasAnswered(end.reason) ? 'answered' : 'failed');
    if (!this.#failure || tellsMore(end.reason, this.#failure)) this.#failure = end.reason;
    const next = policy.next(this.#tried, end.reason);
    if (next === null) this.#end();
    else if (takeFlow()) this.#open(next);
    else this.#waiting = { transport: next, untilMs: clock.nowMs() + TURN_MS_MAX };
  }

  #end(): void {
    this.cancel();
    this.#dependencies.onEnd({ kind: 'failed', reason: this.#failure! });
  }
}
