// The torrent client of the person's, seen from the window: handing torrents to it, trying it, keeping its password.
import type { CallOutputs, LanternfishApi } from '../../preload/ipc-contract.ts';
import type { TorrentClient } from '../../preload/settings-contract.ts';
import type { SettingsController } from '../settings/settings-controller.svelte.ts';
import { messages } from '../shared/messages.ts';

/** As the app takes in one call; between two the person may cancel. */
const SENT_AT_ONCE = 20;
/** A person who sends more than that has chosen by mistake. */
export const SENT_MAX = 500;

export interface ClientParts {
  readonly settings: SettingsController;
  readonly say: (line: string) => void;
}

export class ClientController {
  facts = $state.raw<CallOutputs['getClientFacts'] | null>(null);
  /** Null: nothing is on its way. */
  sending = $state.raw<{ readonly done: number; readonly total: number } | null>(null);
  isTesting = $state(false);
  /** What the last test found; null: none since something was changed. */
  found = $state.raw<{ readonly isGood: boolean; readonly line: string } | null>(null);
  readonly #api: LanternfishApi;
  readonly #parts: ClientParts;
  #isCancelled = false;

  constructor(api: LanternfishApi, parts: ClientParts) {
    this.#api = api;
    this.#parts = parts;
  }

  /** Null: none is set up. */
  get kind(): TorrentClient['kind'] | null {
    return this.#parts.settings.current?.torrentClient?.kind ?? null;
  }

  async load(): Promise<void> {
    const answer = await this.#api.getClientFacts();
    if (answer.ok) this.facts = answer.value;
  }

  /** Another program, or none: what belonged to the one before is forgotten, its password first. */
  choose(kind: TorrentClient['kind'] | null): void {
    if (this.facts?.password.isSet) void this.setPassword('');
    this.change(kind === null ? null : { kind, url: '', user: '' });
  }

  change(torrentClient: TorrentClient | null): void {
    this.found = null;
    void this.#parts.settings.change({ torrentClient });
  }

  async setPassword(password: string): Promise<void> {
    this.found = null;
    const answer = await this.#api.setClientPassword({ password });
    if (!answer.ok) this.#parts.say(answer.problem);
    else if (this.facts !== null) this.facts = { ...this.facts, password: answer.value };
  }

  async test(): Promise<void> {
    this.isTesting = true;
    this.found = null;
    const answer = await this.#api.testClient();
    this.isTesting = false;
    this.found = answer.ok
      ? { isGood: true, line: messages.client.test.found(answer.value) }
      : { isGood: false, line: answer.problem };
  }

  /** Hands these to the client, some at a time, and says how it went. Asked again meanwhile, it ends. */
  async send(infohashesHex: readonly string[]): Promise<void> {
    const { kind } = this;
    const total = infohashesHex.length;
    if (this.sending !== null) return this.cancel();
    if (kind === null) return this.#parts.say(messages.client.notSetUp);
    if (total > SENT_MAX) return this.#parts.say(messages.client.tooMany(SENT_MAX));
    this.#isCancelled = false;
    let done = 0;
    for (let from = 0; from < total && !this.#isCancelled; from += SENT_AT_ONCE) {
      this.sending = { done, total };
      const answer = await this.#api.sendToClient({ infohashesHex: infohashesHex.slice(from, from + SENT_AT_ONCE) });
      done += answer.ok ? answer.value.takenCount : 0;
      const problem = answer.ok ? answer.value.problem : answer.problem;
      if (problem === null) continue;
      this.sending = null;
      return this.#parts.say(messages.client.sentSome(done, total, problem));
    }
    this.sending = null;
    if (done > 0) this.#parts.say(messages.client.sent(kind, done));
  }

  cancel(): void {
    this.#isCancelled = true;
    void this.#api.cancelClient();
  }
}
