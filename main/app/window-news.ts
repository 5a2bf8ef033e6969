// What the window and the tray are told, and how often: figures at most twice a second, a changed state at once.
// Every message crosses a process and makes the page work; nobody reads faster than this.
import type { Clock, Timer } from '../base/clock.ts';
import { STATUS_EVERY_MS, type StatusDto } from '../../preload/ipc-contract.ts';

export interface NewsParts {
  readonly status: () => StatusDto;
  readonly show: (status: StatusDto) => void;
  /** So many torrents were committed since the last call. */
  readonly showAdded: (addedCount: number) => void;
}

export class WindowNews {
  readonly #clock: Clock;
  readonly #parts: NewsParts;
  #shownState: StatusDto['state'] | null = null;
  #addedCount = 0;
  #isStale = false;
  #resting: Timer | null = null;

  constructor(clock: Clock, parts: NewsParts) {
    this.#clock = clock;
    this.#parts = parts;
  }

  /** Something about the status is different. */
  changed(): void {
    if (this.#resting !== null && this.#parts.status().state === this.#shownState) this.#isStale = true;
    else this.showNow();
  }

  torrentsAdded(count: number): void {
    this.#addedCount += count;
    this.changed();
  }

  /** Nothing was added, but more can be found. */
  searchReady(): void {
    this.#parts.showAdded(0);
  }

  showNow(): void {
    const status = this.#parts.status();
    this.#shownState = status.state;
    this.#isStale = false;
    this.#parts.show(status);
    const addedCount = this.#addedCount;
    this.#addedCount = 0;
    if (addedCount > 0) this.#parts.showAdded(addedCount);
    this.#resting?.cancel();
    this.#resting = this.#clock.setTimer(STATUS_EVERY_MS, () => {
      this.#resting = null;
      if (this.#isStale) this.showNow();
    });
  }

  stop(): void {
    this.#resting?.cancel();
    this.#resting = null;
    this.#parts.show(this.#parts.status());
  }
}
