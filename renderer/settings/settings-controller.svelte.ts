// The settings as the window knows them. A change is drawn at once and taken back if the app refuses it.
import type { LanternfishApi } from '../../preload/ipc-contract.ts';
import type { SettingsChange, SettingsDto } from '../../preload/settings-contract.ts';

export class SettingsController {
  /** Null until the app answered. */
  current = $state.raw<SettingsDto | null>(null);
  readonly #api: LanternfishApi;
  readonly say: (problem: string) => void;

  constructor(api: LanternfishApi, say: (problem: string) => void) {
    this.#api = api;
    this.say = say;
  }

  /** True when the app has taken and stored it. */
  async change(change: SettingsChange): Promise<boolean> {
    const before = this.current;
    if (before === null) return false;
    this.current = { ...before, ...change };
    const answer = await this.#api.changeSettings(change);
    if (answer.ok) return true;
    // Only what this change brought: another one may have come meanwhile.
    const names = Object.keys(change) as (keyof SettingsChange)[];
    this.current = { ...this.current, ...Object.fromEntries(names.map((name) => [name, before[name]])) };
    this.say(answer.problem);
    return false;
  }
}
