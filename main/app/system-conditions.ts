// What the system says about power and network, for pausing by itself. Asked only while a setting wants to know.
import { powerMonitor } from 'electron';
import { execFile } from 'node:child_process';
import type { Clock, Timer } from '../base/clock.ts';
import type { SystemConditions } from './pause-keeper.ts';

/** Linux has no event for either; a minute of packets on battery is no harm. */
const ASK_EVERY_MS = 30_000;
const ANSWER_LIMIT_MS = 2_000;

export interface Wanted {
  readonly battery: boolean;
  readonly metered: boolean;
}

export class ConditionWatch {
  readonly #clock: Clock;
  readonly #report: (conditions: Partial<SystemConditions>) => void;
  #wanted: Wanted = { battery: false, metered: false };
  #timer: Timer | null = null;

  constructor(clock: Clock, report: (conditions: Partial<SystemConditions>) => void) {
    this.#clock = clock;
    this.#report = report;
    const ask = (): void => void this.#ask();
    powerMonitor.on('on-battery', ask);
    powerMonitor.on('on-ac', ask);
    powerMonitor.on('suspend', () => {
      report({ isAsleep: true });
    });
    powerMonitor.on('resume', () => {
      report({ isAsleep: false });
      ask();
    });
  }

  /** What to look at from now on; the first answer comes soon. */
  watch(wanted: Wanted): void {
    this.#wanted = wanted;
    this.#timer?.cancel();
    this.#timer = null;
    if (!wanted.battery && !wanted.metered) return;
    void this.#ask();
    this.#timer = this.#clock.setRepeating(ASK_EVERY_MS, () => void this.#ask());
  }

  stop(): void {
    this.#timer?.cancel();
  }

  async #ask(): Promise<void> {
    if (this.#wanted.battery) this.#report({ isOnBattery: powerMonitor.isOnBatteryPower() });
    if (this.#wanted.metered) this.#report({ isMetered: (await askMetered()) ?? false });
  }
}

/**
 * Whether the network in use is metered, by NetworkManager (its D-Bus property `Metered`: 1 yes, 3 a guess that it is).
 * Null where nobody can say: another system, another network service.
 */
export async function askMetered(): Promise<boolean | null> {
  if (process.platform !== 'linux') return null;
  const manager = 'org.freedesktop.NetworkManager';
  const question = ['call', '--system', '-d', manager, '-o', '/org/freedesktop/NetworkManager'];
  const property = ['-m', 'org.freedesktop.DBus.Properties.Get', manager, 'Metered'];
  return new Promise((resolve) => {
    execFile('gdbus', [...question, ...property], { timeout: ANSWER_LIMIT_MS }, (error, answer) => {
      const value = error === null ? /uint32 (\d+)/.exec(answer)?.[1] : undefined;
      resolve(value === undefined || value === '0' ? null : value === '1' || value === '3');
    });
  });
}
