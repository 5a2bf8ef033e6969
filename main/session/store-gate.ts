// Whether the catalogue is open: for whoever has to wait until it is.

export class StoreGate {
  /** Resolves when the catalogue is open (null) or cannot be opened (a sentence). */
  opened!: Promise<string | null>;
  #resolve!: (problem: string | null) => void;

  constructor() {
    this.begin();
  }

  /** The store is about to be opened, perhaps again. */
  begin(): void {
    this.opened = new Promise((resolve) => (this.#resolve = resolve));
  }

  open(problem: string | null): void {
    this.#resolve(problem);
  }
}
