// What leaves the window towards the person's other programs: magnet links, copied or opened. Only the infohash travels;
// the app builds the link. Opening is asked once. Also owns the one short line that confirms it (the toast).
import type { CallResult, LanternfishApi } from '../../preload/ipc-contract.ts';
import type { Timer, WindowClock } from '../shared/clock.ts';
import { messages } from '../shared/messages.ts';

const TOAST_MS = 4000;
/** Long enough to notice, read and decide. */
const UNDO_MS = 12_000;

export class MagnetController {
  /** The person agreed before to hand magnets to the system's client. */
  mayOpen = $state(false);
  /** The torrent that the question is about, while the question is up. */
  askingAbout = $state<string | null>(null);
  toast = $state<string | null>(null);
  /** Takes back what the line says. */
  undo = $state.raw<(() => void) | null>(null);
  readonly #api: LanternfishApi;
  readonly #clock: WindowClock;
  #toastTimer: Timer | null = null;

  constructor(api: LanternfishApi, clock: WindowClock) {
    this.#api = api;
    this.#clock = clock;
  }

  async copyMagnet(infohashHex: string): Promise<void> {
    this.#report(await this.#api.copyMagnet({ infohashHex }), messages.magnet.copied);
  }

  /** One link a line. */
  async copyMagnets(infohashesHex: readonly string[]): Promise<void> {
    const [first] = infohashesHex;
    if (first === undefined) return;
    if (infohashesHex.length === 1) return this.copyMagnet(first);
    const answer = await this.#api.copyMagnets({ infohashesHex: [...infohashesHex] });
    this.say(answer.ok ? messages.magnet.copiedMany(answer.value) : answer.problem);
  }

  async copyInfohash(infohashHex: string): Promise<void> {
    this.#report(await this.#api.copyInfohash({ infohashHex }), messages.magnet.infohashCopied);
  }

  async openMagnet(infohashHex: string): Promise<void> {
    await this.#open(infohashHex, false);
  }

  async confirmOpen(): Promise<void> {
    const infohashHex = this.askingAbout;
    this.askingAbout = null;
    if (infohashHex !== null) await this.#open(infohashHex, true);
  }

  cancelOpen(): void {
    this.askingAbout = null;
  }

  async #open(infohashHex: string, isConfirmed: boolean): Promise<void> {
    const answer = await this.#api.openMagnet({ infohashHex, isConfirmed });
    if (!answer.ok) {
      this.say(answer.problem);
      return;
    }
    switch (answer.value) {
      case 'needs-consent':
        this.askingAbout = infohashHex;
        return;
      case 'no-client':
        this.say(messages.magnet.noClient);
        return;
      case 'opened':
        this.mayOpen = true;
        this.say(messages.magnet.opened);
    }
  }

  #report(answer: CallResult<null>, success: string): void {
    this.say(answer.ok ? success : answer.problem);
  }

  /** Shows one line for a few seconds; a newer one takes its place. */
  say(line: string, undo: (() => void) | null = null): void {
    this.#toastTimer?.cancel();
    this.toast = line;
    this.undo = undo;
    this.#toastTimer = this.#clock.setTimer(undo === null ? TOAST_MS : UNDO_MS, () => {
      this.toast = null;
      this.undo = null;
    });
  }

  /** Once. */
  takeBack(): void {
    const undo = this.undo;
    this.undo = null;
    this.toast = null;
    undo?.();
  }
}
