// The list of blocked infohashes as far as it was read, newest first.
import type { LanternfishApi } from '../../preload/ipc-contract.ts';
import type { BlockedInfohashDto } from '../../preload/settings-contract.ts';

import { messages } from '../shared/messages.ts';

export interface BlockedListParts {
  /** One line, with what takes it back. */
  readonly say: (line: string, undo: () => void) => void;
  /** Torrents left the results, or came back. */
  readonly onMarked: () => void;
}

export class BlockedList {
  entries = $state.raw<readonly BlockedInfohashDto[]>([]);
  totalCount = $state(0);
  problem = $state<string | null>(null);
  #nextBeforeId = $state<number | null>(null);
  readonly #api: LanternfishApi;

  readonly #parts: BlockedListParts;

  constructor(api: LanternfishApi, parts: BlockedListParts) {
    this.#api = api;
    this.#parts = parts;
  }

  get hasMore(): boolean {
    return this.#nextBeforeId !== null;
  }

  /** Reads the newest, anew. */
  async load(): Promise<void> {
    await this.#read(null);
  }

  async loadMore(): Promise<void> {
    if (this.#nextBeforeId !== null) await this.#read(this.#nextBeforeId);
  }

  /** Blocks, or lets in again; true: done. */
  async set(infohashHex: string, isBlocked: boolean): Promise<boolean> {
    const answer = await this.#api.setBlocked({ infohashHex, isBlocked });
    this.problem = answer.ok ? null : answer.problem;
    if (!answer.ok) return false;
    this.#parts.onMarked();
    await this.load();
    return true;
  }

  /** Lets one in again, with a way back. */
  async allow({ infohashHex, name }: BlockedInfohashDto): Promise<void> {
    if (!(await this.set(infohashHex, false))) return;
    this.#parts.say(messages.settings.blockedInfohashes.allowed(name ?? infohashHex.slice(0, 12)), () => {
      void this.set(infohashHex, true);
    });
  }

  async #read(beforeId: number | null): Promise<void> {
    const answer = await this.#api.getBlocked({ beforeId });
    this.problem = answer.ok ? null : answer.problem;
    if (!answer.ok) return;
    const { entries, nextBeforeId, totalCount } = answer.value;
    this.entries = beforeId === null ? entries : [...this.entries, ...entries];
    this.#nextBeforeId = nextBeforeId;
    this.totalCount = totalCount;
  }
}
