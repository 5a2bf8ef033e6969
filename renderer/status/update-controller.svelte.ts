// A new version of the app, as far as the window shows it: what was found, and the two clicks that bring it.
import type { LanternfishApi, UpdateDto } from '../../preload/ipc-contract.ts';

export class UpdateController {
  current = $state.raw<UpdateDto>({ state: 'idle' });
  #isPutOff = $state(false);
  /** Only what asks for a click, or answers one. */
  readonly isShown = $derived(
    ['available', 'downloading', 'ready', 'failed'].includes(this.current.state) && !this.#isPutOff,
  );
  readonly #api: LanternfishApi;

  constructor(api: LanternfishApi) {
    this.#api = api;
  }

  /** Another state: what was put off is shown again when there is something new to say. */
  changed(update: UpdateDto): void {
    if (update.state !== this.current.state) this.#isPutOff = false;
    this.current = update;
  }

  putOff(): void {
    this.#isPutOff = true;
  }

  async check(): Promise<void> {
    await this.#step('check');
  }

  async download(): Promise<void> {
    await this.#step('download');
  }

  async install(): Promise<void> {
    await this.#step('install');
  }

  async #step(step: 'check' | 'download' | 'install'): Promise<void> {
    const answer = await this.#api.updateApp({ step });
    if (answer.ok) this.changed(answer.value);
    else this.changed({ state: 'failed', problem: answer.problem });
  }
}
