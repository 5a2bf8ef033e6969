// A wish to focus something that may not be on screen yet: it waits until the component that owns the element is there,
// is granted once, and never comes back by itself (a list that appears while somebody types must not take the focus).

export class FocusRequest {
  #isPending = $state(false);

  constructor({ isPending }: { isPending: boolean }) {
    this.#isPending = isPending;
  }

  make(): void {
    this.#isPending = true;
  }

  /** For an $effect of the owner: focuses `element` if that was wished. */
  grantTo(element: HTMLElement | null | undefined): void {
    if (!this.#isPending || !element) return;
    this.#isPending = false;
    element.focus();
    if (element instanceof HTMLInputElement) element.select();
  }
}
