// 'Delete everything' as the window sees it: asked with a typed word, done once, said when it is done.
import type { LanternfishApi } from '../../preload/ipc-contract.ts';
import { messages } from '../shared/messages.ts';

export interface Deleted {
  readonly torrentCount: number;
  readonly sizeBytes: number;
  readonly forgotAll: boolean;
}

export class DeleteController {
  state = $state<'closed' | 'asking' | 'deleting' | 'done'>('closed');
  typed = $state('');
  keepsBlocked = $state(true);
  forgetsAll = $state(false);
  problem = $state<string | null>(null);
  deleted = $state.raw<Deleted | null>(null);
  readonly isConfirmed = $derived(this.typed.trim().toLowerCase() === messages.settings.deleteAll.word);
  readonly #api: LanternfishApi;
  readonly #onEmptied: () => void;

  /** `onEmptied`: there is nothing in the catalogue any more. */
  constructor(api: LanternfishApi, onEmptied: () => void) {
    this.#api = api;
    this.#onEmptied = onEmptied;
  }

  ask(): void {
    this.typed = '';
    this.keepsBlocked = true;
    this.forgetsAll = false;
    this.problem = null;
    this.state = 'asking';
  }

  /** While it is deleted nothing can be closed: there is nothing that could be taken back. */
  close(): void {
    if (this.state !== 'deleting') this.state = 'closed';
  }

  /** `torrentCount`, `sizeBytes`: what there is now, for the sentence afterwards. */
  async confirm(torrentCount: number, sizeBytes: number): Promise<void> {
    if (this.state !== 'asking' || !this.isConfirmed) return;
    this.state = 'deleting';
    const { keepsBlocked, forgetsAll } = this;
    const answer = await this.#api.deleteEverything({ keepsBlocked, forgetsAll });
    this.problem = answer.ok ? null : answer.problem;
    this.state = answer.ok ? 'done' : 'asking';
    if (!answer.ok) return;
    this.deleted = { torrentCount, sizeBytes, forgotAll: forgetsAll };
    this.#onEmptied();
  }
}
