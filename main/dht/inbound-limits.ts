// How much we answer (protocol.md 4.1, what libtorrent's dos_blocker and upload limit do): 5 queries/s an address,
// averaged over ten seconds, then nothing for five minutes; 100 queries/s and 8 kB/s of answers in all. `host` is whoever is
// behind an address (holderOf in subnet.ts).
// Only queries come here: answers to our own questions are matched before and never meet a limit.
import { assert } from '../base/assert.ts';
import { TokenBucket } from '../base/token-bucket.ts';

const QUERIES_PER_ADDRESS_PER_SECOND = 5;
/** Five a second for ten seconds. */
const QUERIES_PER_ADDRESS_BURST = 50;
/** An address that never answered us may be forged: of answers that are much larger than the query it gets few. */
const LARGE_ANSWERS_PER_SECOND = 0.5;
const LARGE_ANSWERS_BURST = 8;
const BAN_MS = 300_000;
const QUERIES_PER_SECOND = 100;
const ANSWER_BYTES_PER_SECOND = 8_000;
const ANSWER_BYTES_BURST = 3 * ANSWER_BYTES_PER_SECOND;
/** At 100 queries/s all addresses of the last 40 s. Then the older half is forgotten, except who is banned. */
const ADDRESSES_MAX = 4_096;
const BANS_MAX = 1_024;

interface AddressLevel {
  /** Queries not yet worn off. */
  level: number;
  atMs: number;
  /** Large answers not yet worn off. */
  largeLevel: number;
  largeAtMs: number;
}

export class InboundLimits {
  #recent = new Map<string, AddressLevel>();
  #earlier = new Map<string, AddressLevel>();
  /** By host, until when; in the order of banning. */
  readonly #bannedUntilMs = new Map<string, number>();
  readonly #queries: TokenBucket;
  readonly #answerBytes: TokenBucket;

  constructor(nowMs: number) {
    this.#queries = new TokenBucket(QUERIES_PER_SECOND, QUERIES_PER_SECOND, nowMs);
    this.#answerBytes = new TokenBucket(ANSWER_BYTES_PER_SECOND, ANSWER_BYTES_BURST, nowMs);
  }

  /** Null: this query may be looked at. Otherwise it is dropped for the reason given. */
  judgeQuery(host: string, nowMs: number): 'banned' | 'address-flood' | 'query-flood' | null {
    if (this.#isBanned(host, nowMs)) return 'banned';
    const pace = this.#levelOf(host, nowMs);
    const wornOff = ((nowMs - pace.atMs) / 1000) * QUERIES_PER_ADDRESS_PER_SECOND;
    pace.level = Math.max(0, pace.level - wornOff) + 1;
    pace.atMs = nowMs;
    if (pace.level > QUERIES_PER_ADDRESS_BURST) {
      this.#ban(host, nowMs + BAN_MS);
      return 'address-flood';
    }
    return this.#queries.take(nowMs) ? null : 'query-flood';
  }

  /** Whether one more large answer may go to `host`, who never answered us; if so it is counted. */
  takeLargeAnswer(host: string, nowMs: number): boolean {
    const pace = this.#levelOf(host, nowMs);
    const wornOff = ((nowMs - pace.largeAtMs) / 1000) * LARGE_ANSWERS_PER_SECOND;
    pace.largeLevel = Math.max(0, pace.largeLevel - wornOff);
    pace.largeAtMs = nowMs;
    if (pace.largeLevel > LARGE_ANSWERS_BURST - 1) return false;
    pace.largeLevel++;
    return true;
  }

  /** Whether an answer of so many bytes may go out; if so it is paid for. */
  payForAnswer(byteCount: number, nowMs: number): boolean {
    return this.#answerBytes.take(nowMs, byteCount);
  }

  checkInvariants(): void {
    assert(this.#recent.size + this.#earlier.size <= ADDRESSES_MAX, 'addresses within their limit');
    assert(this.#bannedUntilMs.size <= BANS_MAX, 'bans within their limit');
  }

  #isBanned(host: string, nowMs: number): boolean {
    const untilMs = this.#bannedUntilMs.get(host);
    if (untilMs === undefined) return false;
    if (nowMs < untilMs) return true;
    this.#bannedUntilMs.delete(host);
    return false;
  }

  #ban(host: string, untilMs: number): void {
    if (this.#bannedUntilMs.size >= BANS_MAX) this.#bannedUntilMs.delete(this.#bannedUntilMs.keys().next().value!);
    this.#bannedUntilMs.set(host, untilMs);
  }

  #levelOf(host: string, nowMs: number): AddressLevel {
    const known = this.#recent.get(host);
    if (known !== undefined) return known;
    const pace = this.#earlier.get(host) ?? { level: 0, atMs: nowMs, largeLevel: 0, largeAtMs: nowMs };
    this.#earlier.delete(host);
    if (this.#recent.size >= ADDRESSES_MAX / 2) {
      this.#earlier = this.#recent;
      this.#recent = new Map();
    }
    this.#recent.set(host, pace);
    return pace;
  }
}
