// What a menu is made of; Menu.svelte draws it.

export interface MenuItem {
  readonly key: string;
  readonly label: string;
  /** Null: an act. Otherwise one of a group of which one is chosen. */
  readonly isChosen: boolean | null;
  readonly choose: () => void;
}

export interface MenuGroup {
  readonly title: string | null;
  readonly items: readonly MenuItem[];
}
