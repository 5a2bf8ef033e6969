// Requests to the writer thread as promises: numbered, bounded, answered or refused, never left hanging.
import { fromHex, toHex } from '../base/bytes.ts';
import type { BlockReason, Mark } from '../catalogue/torrent.ts';
import { MARKED_MAX, type StorePolicy, type StoreRequest, type WriterAnswer } from '../store/owner-contract.ts';
import type { StoreOptions, WriterCommand, WriterEvent } from '../store/store-contract.ts';

const INFOHASH_BYTES = 20;
/** More open requests than one window can sensibly have. */
const OPEN_REQUESTS_MAX = 256;

/** A failure with a sentence that may be shown as it is. */
export class StoreProblem extends Error {
  override readonly name = 'StoreProblem';
}

export interface BlockedInfohash {
  readonly id: number;
  readonly infohashHex: string;
  /** Null where it was never known, or is not kept (lists and words). */
  readonly name: string | null;
  readonly reason: BlockReason;
  readonly blockedAtUnixSeconds: number;
}

export interface BlockedPage {
  readonly entries: readonly BlockedInfohash[];
  /** Null: these were the last. */
  readonly nextBeforeId: number | null;
  readonly totalCount: number;
}

interface Open {
  readonly resolve: (answer: WriterAnswer) => void;
  readonly reject: (problem: StoreProblem) => void;
}

export class StoreClient {
  readonly #post: (command: WriterCommand) => boolean;
  readonly #open = new Map<number, Open>();
  #nextRequestId = 1;
  #policy: StorePolicy | null = null;

  /** `post` answers false when there is no writer thread to hand the command to. */
  constructor(post: (command: WriterCommand) => boolean) {
    this.#post = post;
  }

  /** Limits, blocked words, the safety list: applied at once, and by a writer that is started again. */
  setPolicy(policy: StorePolicy): void {
    this.#policy = policy;
    this.#post({ type: 'set-policy', policy });
  }

  /** What a writer is started with. */
  optionsOf(options: StoreOptions): StoreOptions {
    return this.#policy === null ? options : { ...options, policy: this.#policy };
  }

  /**
   * Sets a mark on torrents, or takes it back (40 hexadecimal digits each; of a v2 infohash the first 40 count; at most
   * MARKED_MAX). Resolves with those whose state is another one now: to undo, take the mark back from these. Hidden and
   * blocked torrents leave every search at once. Rejects with StoreProblem.
   */
  async mark(mark: Mark, isOn: boolean, infohashesHex: readonly string[]): Promise<readonly string[]> {
    const infohashes = infohashesHex
      .slice(0, MARKED_MAX)
      .flatMap((hex) => fromHex(hex.slice(0, 2 * INFOHASH_BYTES)) ?? [])
      .filter((infohash) => infohash.length === INFOHASH_BYTES);
    const packed = new Uint8Array(Buffer.concat(infohashes));
    const answer = await this.#ask((requestId) => ({ type: 'mark', requestId, mark, isOn, infohashes: packed }));
    if (answer.type !== 'marked') return [];
    const { changed } = answer;
    return Array.from({ length: changed.length / INFOHASH_BYTES }, (_, index) =>
      toHex(changed.subarray(index * INFOHASH_BYTES, (index + 1) * INFOHASH_BYTES)),
    );
  }

  /** What is blocked, newest first; `beforeId` null for the first page. Rejects with StoreProblem. */
  async blocked({ beforeId, limit }: { beforeId: number | null; limit: number }): Promise<BlockedPage> {
    const answer = await this.#ask((requestId) => ({ type: 'list-blocked', requestId, beforeId, limit }));
    if (answer.type !== 'blocked-list') return { entries: [], nextBeforeId: null, totalCount: 0 };
    const { nextBeforeId, totalCount } = answer;
    const entries = answer.entries.map(({ infohash, ...entry }) => ({ ...entry, infohashHex: toHex(infohash) }));
    return { entries, nextBeforeId, totalCount };
  }

  /** Deletes every torrent, the index of names and the files kept aside. Rejects with StoreProblem. */
  async deleteEverything({ keepsBlocked }: { keepsBlocked: boolean }): Promise<void> {
    await this.#ask((requestId) => ({ type: 'delete-everything', requestId, keepsBlocked }));
  }

  /** Hands in an event of the writer; true when it was an answer. */
  receive(event: WriterEvent): event is WriterAnswer {
    if (!('requestId' in event)) return false;
    const open = this.#open.get(event.requestId);
    this.#open.delete(event.requestId);
    if (event.type === 'store-request-failed') open?.reject(new StoreProblem(event.problem));
    else open?.resolve(event);
    return true;
  }

  /** The writer fell: everybody who waits hears `sentence`. */
  failAll(sentence: string): void {
    for (const { reject } of this.#open.values()) reject(new StoreProblem(sentence));
    this.#open.clear();
  }

  #ask(request: (requestId: number) => StoreRequest): Promise<WriterAnswer> {
    if (this.#open.size >= OPEN_REQUESTS_MAX)
      return Promise.reject(new StoreProblem('The catalogue is busy. Try again.'));
    const requestId = this.#nextRequestId++;
    return new Promise((resolve, reject) => {
      this.#open.set(requestId, { resolve, reject });
      if (this.#post(request(requestId))) return;
      this.#open.delete(requestId);
      reject(new StoreProblem('The catalogue is not open at the moment. Try again.'));
    });
  }
}
