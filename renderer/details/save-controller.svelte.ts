// Saving a torrent as a file: the app asks where and asks the peers; here is what the window shows of it. While discovery is
// paused nobody can be asked, so the person is asked first whether it may go on.
import type { LanternfishApi, TorrentSaveDto } from '../../preload/ipc-contract.ts';
import { messages } from '../shared/messages.ts';

export class SaveController {
  /** Null: nobody is asked for anything. */
  current = $state.raw<TorrentSaveDto | null>(null);
  /** The torrent that waits for the answer to 'Resume and save?'. */
  askingAbout = $state<string | null>(null);
  readonly #api: LanternfishApi;
  readonly #say: (line: string) => void;

  constructor(api: LanternfishApi, say: (line: string) => void) {
    this.#api = api;
    this.#say = say;
  }

  async save(infohashHex: string): Promise<void> {
    const answer = await this.#api.saveTorrent({ infohashHex });
    if (!answer.ok) return this.#say(answer.problem);
    const { outcome, fileName } = answer.value;
    if (outcome === 'paused') this.askingAbout = infohashHex;
    else if (outcome === 'saved') this.#say(messages.save.done(fileName ?? ''));
  }

  /** Lets discovery go on, which is what asking takes. */
  async resumeAndSave(): Promise<void> {
    const infohashHex = this.askingAbout;
    this.askingAbout = null;
    if (infohashHex === null) return;
    const answer = await this.#api.setPaused({ isPaused: false });
    if (!answer.ok) return this.#say(answer.problem);
    await this.save(infohashHex);
  }

  cancel(): void {
    void this.#api.cancelSaveTorrent();
  }
}
