// Fetches the metadata of infohashes from the peers that the DHT names (BEP 9; protocol.md 4.3, 6.2, 6.2b): newest first, one
// peer at a time, a second one if the first is slow, the next on failure; blocks from whoever sends them; all is verified.
// Not here: one peer (peer-attempt.ts), what several have sent (job-blocks.ts), who may be dialled at all (`mayConnect`).
import { assert } from '../base/assert.ts';
import type { Timer } from '../base/clock.ts';
import type { Contact } from '../base/contact.ts';
import type { Infohash } from '../base/identifier.ts';
import { type ConnectionLimits, DialLimits, isDialablePort } from './dial-limits.ts';
import type { MetadataDependencies, MetadataListener, MetadataOptions } from './fetcher-contract.ts';
import { type GivenUpReason, isDead, isHostile, type PeerFailure } from './failures.ts';
import { FetchJob, FetchQueue, GoodPorts, type PeerStage, SESSIONS_PER_JOB_MAX } from './fetch-queue.ts';
import { familyOf, type LocalAddresses, localAddresses } from './local-addresses.ts';
import { type GivenBlocks, MetadataMemory, type MetadataPieces } from './metadata-pieces.ts';
import { MetadataVerifier } from './metadata-verifier.ts';
import { PeerAttempt } from './peer-attempt.ts';
import type { SessionEnd } from './peer-session.ts';
import { RecentHybrids } from './recent-hybrids.ts';
import { TransportPolicy } from './transport-policy.ts';
import type { Verdict, VerifiedMetadata } from './verify-metadata.ts';

export type * from './fetcher-contract.ts';

/** Deadlines are seconds; this is how late they may be noticed, and how often refilled limits are used. */
const TICK_MS = 100;
/** A second peer is asked when the first has not begun to send by then; most live ones have. */
const SECOND_PEER_AFTER_MS = 1000;

type Proved = Exclude<Verdict, { kind: 'mismatch' }>;

export class MetadataFetcher {
  readonly #dependencies: MetadataDependencies;
  readonly #listener: MetadataListener;
  readonly #local: LocalAddresses;
  readonly #limits: DialLimits;
  readonly #peersAtOnceMax: number;
  readonly #queue = new FetchQueue();
  readonly #memory = new MetadataMemory();
  readonly #verifier: MetadataVerifier;
  readonly #goodPorts = new GoodPorts();
  readonly #policy: TransportPolicy;
  readonly #sessions = new Set<PeerAttempt>();
  readonly #hybrids = new RecentHybrids();
  #ticker: Timer | null = null;
  #isPaused = false;
  #isStopped = false;

  constructor(dependencies: MetadataDependencies, options: MetadataOptions, listener: MetadataListener) {
    this.#dependencies = dependencies;
    this.#listener = listener;
    this.#policy = new TransportPolicy(options.transports);
    this.#memory.reclaim = () => this.#queue.releaseIdle();
    this.#verifier = new MetadataVerifier(dependencies.clock, this.#memory);
    this.#local = localAddresses(options);
    this.#peersAtOnceMax = Math.min(options.peersAtOnceMax ?? SESSIONS_PER_JOB_MAX, SESSIONS_PER_JOB_MAX);
    this.#limits = new DialLimits(options, dependencies.clock.nowMs());
  }

  /** Infohashes waiting or being fetched. */
  get queuedCount(): number {
    return this.#queue.size;
  }

  get connectionCount(): number {
    return this.#sessions.size;
  }

  /** Bytes of info dictionaries that are not complete yet. */
  get heldBytes(): number {
    return this.#memory.heldBytes;
  }

  /** Adds `peers`, which `stage` brought, to what is known of `infohash`. While paused it is only queued. */
  offer(infohash: Infohash, peers: readonly Contact[], stage: PeerStage = 'sampling-node'): void {
    if (this.#isStopped) return;
    const nowMs = this.#dependencies.clock.nowMs();
    const existing = this.#queue.get(infohash);
    const dialable = peers.filter((contact) => this.#isDialable(contact, nowMs));
    if (this.#hybrids.has(infohash)) return this.#refuse(infohash, 'duplicate');
    if (!existing && dialable.length === 0) return this.#refuse(infohash, 'no-peers');
    const job = existing ?? new FetchJob(infohash, this.#memory);
    job.offer(dialable, stage, this.#dependencies.random);
    const dropped = this.#queue.put(job, nowMs);
    if (dropped) {
      this.#dependencies.counters.overflows.count('metadata-queue');
      this.#listener.onGivenUp(dropped.infohash, 'overflow');
    }
    this.#pump(nowMs);
  }

  /** Whether more infohashes are welcome: the queue has room, and so has the memory for unfinished metadata. */
  wantsMore(): boolean {
    return this.#queue.wantsMore() && !this.#memory.isFull;
  }

  /** Ends whatever is under way for it, without a word; null when nothing was. */
  cancel(infohash: Uint8Array): Infohash | null {
    const job = this.#queue.get(infohash);
    if (job) this.#finish(job);
    return job?.infohash ?? null;
  }

  setLimits(limits: ConnectionLimits): void {
    this.#limits.setLimits(limits, this.#dependencies.clock.nowMs());
  }

  /** Closes every connection now and keeps the queue; peers being asked are asked again after resume(). */
  pause(): void {
    this.#isPaused = true;
    this.#closeAll();
    this.#setTicking(false);
  }

  resume(): void {
    if (!this.#isPaused || this.#isStopped) return;
    this.#isPaused = false;
    this.#pump(this.#dependencies.clock.nowMs());
  }

  /** Closes everything for good; no callback is made from here on. */
  stop(): Promise<void> {
    this.#isStopped = true;
    this.#closeAll();
    this.#verifier.stop();
    this.#setTicking(false);
    return Promise.resolve();
  }

  checkInvariants(): void {
    const parts = [this.#queue, this.#limits, this.#hybrids, this.#policy, this.#verifier];
    for (const part of parts) part.checkInvariants();
    const inJobs = this.#queue.newestFirst().reduce((sum, job) => sum + job.sessions.size, 0);
    assert(inJobs === this.#sessions.size, 'every connection belongs to one queued infohash');
    assert(!this.#isPaused || this.#sessions.size === 0, 'no connection is open while paused');
    const heldBytes = this.#queue.heldBytes + this.#verifier.heldBytes;
    assert(heldBytes === this.#memory.heldBytes, 'metadata is held for queued infohashes');
  }

  #isDialable(contact: Contact, nowMs: number): boolean {
    if (!isDialablePort(contact.port) || !this.#dependencies.mayConnect(contact)) return false;
    return this.#local[familyOf(contact)] !== undefined && !this.#limits.isShunned(contact, nowMs);
  }

  #tick(): void {
    const nowMs = this.#dependencies.clock.nowMs();
    for (const session of [...this.#sessions]) session.check(nowMs);
    // Whoever names one silent address for many infohashes must not end the sampling for hours.
    for (const job of this.#queue.takeExpired(nowMs)) this.#refuse(job.infohash, 'expired');
    this.#pump(nowMs);
  }

  #refuse(infohash: Infohash, reason: GivenUpReason): void {
    this.#dependencies.counters.dropped.count(`metadata-${reason}`);
    this.#listener.onGivenUp(infohash, reason);
  }

  /** Opens as many connections as the limits allow. */
  #pump(nowMs: number): void {
    if (this.#memory.isFull) this.#queue.releaseIdle();
    if (!this.#isPaused && !this.#isStopped && !this.#memory.isFull && this.#limits.mayDialNow(nowMs)) {
      const mayDial = (contact: Contact): boolean => this.#limits.mayDial(contact, nowMs);
      for (const job of this.#queue.newestFirst()) {
        if (!this.#limits.mayDialNow(nowMs)) break;
        if (!this.#wantsPeer(job, nowMs)) continue;
        const contact = job.takeBest(mayDial, this.#goodPorts);
        if (contact) this.#open(job, contact, nowMs);
      }
    }
    this.#setTicking(this.#queue.size > 0 && !this.#isPaused && !this.#isStopped);
  }

  #wantsPeer(job: FetchJob, nowMs: number): boolean {
    if (job.isVerifying || job.sessions.size >= this.#peersAtOnceMax) return false;
    for (const session of job.sessions) {
      if (session.isReceiving || nowMs - session.startedAtMs < SECOND_PEER_AFTER_MS) return false;
    }
    return true;
  }

  #open(job: FetchJob, contact: Contact, nowMs: number): void {
    if (!job.wasTried) this.#dependencies.counters.metadataTried++;
    job.wasTried = true;
    this.#limits.opened(contact, nowMs);
    const session: PeerAttempt = new PeerAttempt(job.infohash, contact, {
      ...this.#dependencies,
      blocks: job.blocks,
      localAddress: this.#local[familyOf(contact)] ?? null,
      policy: this.#policy,
      takeFlow: () => this.#limits.reopen(this.#dependencies.clock.nowMs()),
      onEnd: (end) => this.#onEnd(job, session, end),
    });
    job.sessions.add(session);
    this.#sessions.add(session);
  }

  #onEnd(job: FetchJob, session: PeerAttempt, end: SessionEnd): void {
    this.#forget(job, session);
    if (end.kind === 'complete') this.#onComplete(job, session.contact, end.pieces);
    else this.#onPeerFailed(job, session.contact, end.reason);
    this.#pump(this.#dependencies.clock.nowMs());
  }

  #onComplete(job: FetchJob, contact: Contact, pieces: MetadataPieces): void {
    for (const session of [...job.sessions]) if (session.isFilling(pieces)) this.#close(job, session);
    const given = job.blocks.take(pieces);
    this.#dependencies.counters.metadataBytes += pieces.sizeBytes;
    job.isVerifying = true;
    const isTaken = this.#verifier.verify(job.infohash, given.blocks, (verdict) => {
      job.isVerifying = false;
      if (this.#queue.get(job.infohash) !== job) return; // fetched as the other half of a hybrid, or blocked
      if (verdict.kind === 'mismatch') this.#onMismatch(job, contact, given);
      else this.#onVerdict(job, contact, given, verdict);
      this.#pump(this.#dependencies.clock.nowMs());
    });
    if (isTaken) return;
    job.isVerifying = false;
    this.#onPeerFailed(job, contact, 'no-memory');
  }

  /** One peer sent it all: a liar. Several did: each is asked for the whole, and the truth tells who lied. */
  #onMismatch(job: FetchJob, contact: Contact, given: GivenBlocks): void {
    const givers = new Set(given.givenBy);
    if (givers.size === 1) return this.#onPeerFailed(job, contact, 'mismatch');
    this.#dependencies.counters.dropped.count('metadata-mixed-mismatch');
    job.blocks.distrust(given);
    for (const giver of givers) job.putBack(giver);
  }

  #onVerdict(job: FetchJob, contact: Contact, given: GivenBlocks, verdict: Proved): void {
    const { counters, clock } = this.#dependencies;
    for (const liar of job.blocks.liars(given.blocks)) {
      counters.metadataFailures.count('mismatch');
      this.#limits.shun(liar, clock.nowMs());
    }
    this.#goodPorts.add(contact.port);
    this.#finish(job);
    if (verdict.kind === 'invalid') {
      counters.metadataFailures.count('invalid');
      counters.malformed.count(`metadata-${verdict.reason}`);
      return this.#listener.onGivenUp(job.infohash, 'invalid');
    }
    counters.metadataFetched++;
    const stage = job.stageOf(contact);
    counters.metadataByStage.count(stage);
    this.#rememberHybrid(verdict);
    const { peersSeen, infohash: asked } = job;
    this.#listener.onFetched({ ...verdict, peersSeen, asked, stage, blocks: given.blocks });
  }

  #onPeerFailed(job: FetchJob, contact: Contact, reason: PeerFailure): void {
    const { clock, counters } = this.#dependencies;
    const nowMs = clock.nowMs();
    counters.metadataFailures.count(reason);
    if (reason === 'no-memory') counters.overflows.count('metadata-bytes');
    if (isHostile(reason)) this.#limits.shun(contact, nowMs);
    else if (isDead(reason)) this.#limits.avoidDead(contact, nowMs);
    if (!job.isExhausted) return;
    this.#finish(job);
    this.#listener.onGivenUp(job.infohash, reason);
  }

  /** The two infohashes of a hybrid are sampled apart; whichever comes second is not fetched again. */
  #rememberHybrid(verified: VerifiedMetadata): void {
    for (const infohash of this.#hybrids.note(verified)) {
      const other = this.cancel(infohash);
      if (other) this.#listener.onGivenUp(other, 'duplicate');
    }
  }

  /** Takes the job out of the queue and ends what still runs for it. */
  #finish(job: FetchJob): void {
    this.#queue.remove(job);
    for (const session of [...job.sessions]) this.#close(job, session);
  }

  #closeAll(): void {
    for (const job of this.#queue.newestFirst()) {
      for (const session of [...job.sessions]) this.#close(job, session);
      job.blocks.release();
    }
  }

  /** Ends a connection without blame: its peer may be asked again. */
  #close(job: FetchJob, session: PeerAttempt): void {
    session.cancel();
    this.#forget(job, session);
    job.putBack(session.contact);
  }

  #forget(job: FetchJob, session: PeerAttempt): void {
    job.sessions.delete(session);
    this.#sessions.delete(session);
    this.#limits.closed(session.contact);
  }

  #setTicking(isTicking: boolean): void {
    if (isTicking) this.#ticker ??= this.#dependencies.clock.setRepeating(TICK_MS, () => this.#tick());
    else this.#ticker?.cancel();
    if (!isTicking) this.#ticker = null;
  }
}
