// The details of one torrent: asked for when it is opened, and again when the selection moves while they are open.
// The latest request wins; what is shown stays until the next answer is there, so that nothing flickers.
import type { DetailsDto, LanternfishApi, ResultRowDto } from '../../preload/ipc-contract.ts';
import { messages } from '../shared/messages.ts';

export class DetailsController {
  /** The torrent whose details are wanted; null: closed. */
  infohashHex = $state<string | null>(null);
  details = $state.raw<DetailsDto | null>(null);
  problem = $state<string | null>(null);
  /** Near-duplicates; they come a moment later. */
  variants = $state.raw<readonly ResultRowDto[]>([]);
  readonly isOpen = $derived(this.infohashHex !== null);
  readonly #api: LanternfishApi;

  constructor(api: LanternfishApi) {
    this.#api = api;
  }

  async open(infohashHex: string): Promise<void> {
    if (this.infohashHex === infohashHex && this.problem === null) return;
    this.infohashHex = infohashHex;
    this.problem = null;
    const answer = await this.#api.getDetails({ infohashHex });
    if (this.infohashHex !== infohashHex) return;
    if (!answer.ok) this.#fail(`${messages.details.failed} ${answer.problem}`);
    else if (answer.value === null) this.#fail(messages.details.gone);
    else await this.#take(answer.value);
  }

  async #take(details: DetailsDto): Promise<void> {
    if (this.details?.infohashHex !== details.infohashHex) this.variants = [];
    this.details = details;
    const { infohashHex } = details;
    void this.#api.setMark({ mark: 'open', isOn: true, infohashesHex: [infohashHex] });
    const answer = await this.#api.getVariants({ infohashHex });
    if (this.infohashHex === infohashHex && answer.ok) this.variants = answer.value;
  }

  close(): void {
    this.infohashHex = null;
    this.details = null;
    this.variants = [];
    this.problem = null;
  }

  #fail(problem: string): void {
    this.problem = problem;
    this.details = null;
  }
}
