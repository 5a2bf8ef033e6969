// Why nothing is sent. The person's own pause is one reason, kept across restarts; a pause for an hour, battery power, a
// metered network and the hours of a schedule are others, and while there is any, the engine rests. No reason takes away
// another: plugging in does not end what the person paused, and resuming waives only the reasons there are at that moment.
import type { Clock, Timer } from '../base/clock.ts';
import type { PauseReason } from '../../preload/ipc-contract.ts';

/** What the system may say by itself, whether or not the person wants to pause for it. */
export interface SystemConditions {
  readonly isOnBattery: boolean;
  readonly isMetered: boolean;
  /** Between 'suspend' and 'resume'. */
  readonly isAsleep: boolean;
}

/** The settings that matter here; see settings-contract.ts. */
export interface PauseSettings {
  readonly isPaused: boolean;
  readonly pausedUntilUnixSeconds: number | null;
  readonly pauseOnBattery: boolean;
  readonly pauseOnMetered: boolean;
  readonly schedule: { readonly fromMinute: number; readonly toMinute: number } | null;
}

export interface PauseKeeperOptions {
  readonly clock: Clock;
  readonly settings: () => PauseSettings;
  readonly change: (change: Pick<PauseSettings, 'isPaused' | 'pausedUntilUnixSeconds'>) => void;
  /** Minutes since midnight where the person is. */
  readonly minuteOfDay: () => number;
  /** The reasons are others than before. */
  readonly onChanged: () => void;
}

/** Pauses by the clock are looked at this often, so that a changed clock or a night's sleep costs no more than this. */
const LOOK_EVERY_MS = 20_000;

export class PauseKeeper {
  readonly #options: PauseKeeperOptions;
  #conditions: SystemConditions = { isOnBattery: false, isMetered: false, isAsleep: false };
  /** Reasons that the person overrode by resuming; each until it ends by itself. */
  readonly #waived = new Set<PauseReason>();
  #reasons: readonly PauseReason[] = [];
  #timer: Timer | null = null;

  constructor(options: PauseKeeperOptions) {
    this.#options = options;
    this.#refresh();
  }

  /** In order of how much they say: the first is the one to name. Empty: nothing keeps the engine from working. */
  get reasons(): readonly PauseReason[] {
    return this.#reasons;
  }

  get isPaused(): boolean {
    return this.#reasons.length > 0;
  }

  /** The person pauses until further notice, or resumes whatever the reasons are. */
  setPaused(isPaused: boolean): void {
    if (isPaused) this.#waived.clear();
    else for (const reason of this.#reasons) this.#waived.add(reason);
    this.#options.change({ isPaused, pausedUntilUnixSeconds: null });
    this.look();
  }

  /** The person pauses for a while; the end is on disk, so that it comes also after a restart. */
  pauseFor(durationSeconds: number): void {
    this.#waived.delete('for-a-while');
    const untilUnixSeconds = this.#options.clock.nowUnixSeconds() + durationSeconds;
    this.#options.change({ isPaused: false, pausedUntilUnixSeconds: untilUnixSeconds });
    this.look();
  }

  setConditions(conditions: Partial<SystemConditions>): void {
    this.#conditions = { ...this.#conditions, ...conditions };
    this.look();
  }

  /** Call when settings have changed; the clock is watched from within. */
  look(): void {
    if (this.#refresh()) this.#options.onChanged();
  }

  #refresh(): boolean {
    const { settings, clock, change } = this.#options;
    const { isPaused, pausedUntilUnixSeconds } = settings();
    if (pausedUntilUnixSeconds !== null && pausedUntilUnixSeconds <= clock.nowUnixSeconds()) {
      change({ isPaused, pausedUntilUnixSeconds: null });
    }
    const present = this.#presentReasons();
    for (const reason of this.#waived) if (!present.includes(reason)) this.#waived.delete(reason);
    const reasons = present.filter((reason) => !this.#waived.has(reason));
    const isOther = reasons.join() !== this.#reasons.join();
    this.#reasons = reasons;
    this.#watchClock();
    return isOther;
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  #presentReasons(): PauseReason[] {
    const { isPaused, pausedUntilUnixSeconds, pauseOnBattery, pauseOnMetered } = this.#options.settings();
    const { isOnBattery, isMetered, isAsleep } = this.#conditions;
    const all: [PauseReason, boolean][] = [
      ['person', isPaused],
      ['for-a-while', pausedUntilUnixSeconds !== null],
      ['schedule', this.#isInSchedule()],
      ['battery', pauseOnBattery && isOnBattery],
      ['metered', pauseOnMetered && isMetered],
      ['asleep', isAsleep],
    ];
    return all.flatMap(([reason, isPresent]) => (isPresent ? [reason] : []));
  }

  #isInSchedule(): boolean {
    const { schedule } = this.#options.settings();
    if (schedule === null || schedule.fromMinute === schedule.toMinute) return false;
    const { fromMinute, toMinute } = schedule;
    const minute = this.#options.minuteOfDay();
    return fromMinute < toMinute
      ? minute >= fromMinute && minute < toMinute
      : minute >= fromMinute || minute < toMinute; // across midnight
  }

  /** Only while something depends on the clock: an idle app should not wake up for nothing. */
  #watchClock(): void {
    const { settings, clock } = this.#options;
    const { pausedUntilUnixSeconds, schedule } = settings();
    this.#timer?.cancel();
    this.#timer = null;
    if (pausedUntilUnixSeconds === null && schedule === null) return;
    const untilEndMs =
      pausedUntilUnixSeconds === null ? LOOK_EVERY_MS : (pausedUntilUnixSeconds - clock.nowUnixSeconds()) * 1000;
    this.#timer = clock.setTimer(Math.max(1, Math.min(LOOK_EVERY_MS, untilEndMs)), () => {
      this.look();
    });
  }
}
