// What the settings surface has beside the settings: the facts of this machine, the defaults, and the words in its search.
import { untrack } from 'svelte';
import type { LanternfishApi, SystemDto } from '../../preload/ipc-contract.ts';
import type { DataDirPlanDto } from '../../preload/transfer-contract.ts';
import type { SettingsChange, SettingsFactsDto } from '../../preload/settings-contract.ts';
import { DeleteController } from './delete-controller.svelte.ts';
import { BlockedList } from './blocked-list.svelte.ts';
import type { SettingsController } from './settings-controller.svelte.ts';

export type SettingName = keyof SettingsChange;

export interface SettingsPageParts {
  /** There is nothing in the catalogue any more. */
  readonly onEmptied: () => void;
  /** Torrents left the results, or came back. */
  readonly onMarked: () => void;
  readonly say: (line: string, undo: () => void) => void;
}

export class SettingsPage {
  facts = $state.raw<SettingsFactsDto | null>(null);
  /** What this system can do; null until it has said so. */
  system = $state.raw<SystemDto | null>(null);
  problem = $state<string | null>(null);
  query = $state('');
  /** Settings that the query lets through. */
  shownCount = $state(0);
  /** Up while it is asked about. */
  placePlan = $state.raw<DataDirPlanDto | null>(null);
  readonly settings: SettingsController;
  readonly blocked: BlockedList;
  readonly deleting: DeleteController;
  readonly #api: LanternfishApi;

  constructor(api: LanternfishApi, settings: SettingsController, { onEmptied, onMarked, say }: SettingsPageParts) {
    this.#api = api;
    this.settings = settings;
    this.blocked = new BlockedList(api, { say, onMarked });
    this.deleting = new DeleteController(api, () => {
      onEmptied();
      void this.blocked.load();
    });
  }

  get isModalOpen(): boolean {
    return this.deleting.state !== 'closed' || this.placePlan !== null;
  }

  /** Asks about this machine anew: addresses come and go. */
  async load(): Promise<void> {
    this.problem = null;
    void this.#loadSystem();
    const answer = await this.#api.getSettingsFacts();
    if (answer.ok) this.facts = answer.value;
    else this.problem = answer.problem;
  }

  async #loadSystem(): Promise<void> {
    const answer = await this.#api.getSystem();
    if (answer.ok) this.system = answer.value;
  }

  /** For an $effect of a row that the query lets through; the returned function takes it back. */
  countShown(): () => void {
    untrack(() => {
      this.shownCount += 1;
    });
    return () => {
      this.shownCount -= 1;
    };
  }

  /** Each word of the query is somewhere in `texts`. */
  matches(texts: readonly string[]): boolean {
    const all = texts.join(' ').toLowerCase();
    return this.query
      .toLowerCase()
      .split(/\s+/)
      .every((word) => all.includes(word));
  }

  async chooseSafetyList(): Promise<void> {
    const answer = await this.#api.chooseSafetyList();
    if (!answer.ok) this.settings.say(answer.problem);
  }

  async readSafetyListAgain(): Promise<void> {
    const answer = await this.#api.readSafetyListAgain();
    if (!answer.ok) this.settings.say(answer.problem);
  }

  /** Asks for another data folder; what choosing it means is then `placePlan`. */
  async chooseDataDir(): Promise<void> {
    const answer = await this.#api.chooseDataDir();
    if (answer.ok) this.placePlan = answer.value;
    else this.settings.say(answer.problem);
  }

  async moveDataDir(): Promise<void> {
    this.placePlan = null;
    const answer = await this.#api.moveDataDir();
    if (!answer.ok) this.settings.say(answer.problem);
  }

  async openDataDir(): Promise<void> {
    const answer = await this.#api.openDataDir();
    if (!answer.ok) this.settings.say(answer.problem);
  }

  async openLicences(): Promise<void> {
    const answer = await this.#api.openLicences();
    if (!answer.ok) this.settings.say(answer.problem);
  }

  isDefault(name: SettingName): boolean {
    const defaults = this.facts?.defaults;
    if (!defaults || !this.settings.current) return true;
    return JSON.stringify(this.settings.current[name]) === JSON.stringify(defaults[name]);
  }

  reset(name: SettingName): void {
    const defaults = this.facts?.defaults;
    if (defaults) void this.settings.change({ [name]: defaults[name] });
  }
}
