// The list of blocked infohashes as far as it was read, newest first.
import type { LanternfishApi } from '../../preload/ipc-contract.ts';
import type { BlockedInfohashDto } from '../../preload/settings-contract.ts';

export class BlockedList {
  entries = $state.raw<readonly BlockedInfohashDto[]>([]);
  totalCount = $state(0);
  problem = $state<string | null>(null);
  #nextBeforeId = $state<number | null>(null);
  readonly #api: LanternfishApi;

  constructor(api: LanternfishApi) {
    this.#api = api;
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
    if (answer.ok) await this.load();
    return answer.ok;
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
