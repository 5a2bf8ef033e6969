// Joins the reasons to pause (pause-keeper.ts) with the settings that ask for them and the system that knows of them.
import type { Clock } from '../base/clock.ts';
import { CallProblem } from './ipc-handlers.ts';
import { PauseKeeper } from './pause-keeper.ts';
import type { SettingsFile } from './settings-file.ts';
import { ConditionWatch } from './system-conditions.ts';

export interface PausingOptions {
  readonly clock: Clock;
  readonly settings: SettingsFile;
  /** The engine may send, or may not. */
  readonly apply: (isPaused: boolean) => void;
}

export class Pausing {
  readonly #settings: SettingsFile;
  readonly #keeper: PauseKeeper;
  readonly #conditions: ConditionWatch;

  constructor({ clock, settings, apply }: PausingOptions) {
    this.#settings = settings;
    this.#keeper = new PauseKeeper({
      clock,
      settings: () => settings.settings,
      change: (change) => void settings.change(change),
      minuteOfDay: () => {
        const now = new Date(clock.nowUnixSeconds() * 1000);
        return now.getHours() * 60 + now.getMinutes();
      },
      onChanged: () => {
        apply(this.isPaused);
      },
    });
    this.#conditions = new ConditionWatch(clock, (conditions) => {
      this.#keeper.setConditions(conditions);
    });
    this.settingsChanged();
  }

  get isPaused(): boolean {
    return this.#keeper.isPaused;
  }

  /** What the status says about it. */
  get facts() {
    return {
      pauseReasons: this.#keeper.reasons,
      pausedUntilUnixSeconds: this.#settings.settings.pausedUntilUnixSeconds,
    };
  }

  setPaused(isPaused: boolean): void {
    this.#needConsent();
    this.#keeper.setPaused(isPaused);
  }

  /** As if the person had pressed pause; resolves when it is on disk. Before the person has agreed there is nothing to pause. */
  async pauseIfAgreed(): Promise<void> {
    if (this.#settings.settings.consentAtUnixSeconds === null) return;
    this.#keeper.setPaused(true);
    await this.#settings.saved();
  }

  pauseFor(minutes: number): void {
    this.#needConsent();
    this.#keeper.pauseFor(minutes * 60);
  }

  settingsChanged(): void {
    const { pauseOnBattery, pauseOnMetered } = this.#settings.settings;
    this.#conditions.watch({ battery: pauseOnBattery, metered: pauseOnMetered });
    this.#keeper.look();
  }

  stop(): void {
    this.#keeper.stop();
    this.#conditions.stop();
  }

  #needConsent(): void {
    if (this.#settings.settings.consentAtUnixSeconds === null) {
      throw new CallProblem('Agree to the network notice first.');
    }
  }
}
