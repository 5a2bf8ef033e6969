// Which key means what, as one table: App.svelte asks it for every key, the sheet behind `?` draws it. Keys that belong
// to the list itself (arrows, Home, Space ...) are handled where the list is; they are here for the sheet only.
import type { SurfaceName } from './app-controller.svelte.ts';
import { messages } from './messages.ts';

export type Command =
  | { readonly kind: 'focus-search' }
  | { readonly kind: 'choose-type'; readonly index: number }
  | { readonly kind: 'toggle-pause' }
  | { readonly kind: 'copy-magnet' }
  | { readonly kind: 'open-magnet' }
  | { readonly kind: 'star' }
  | { readonly kind: 'send-to-client' }
  | { readonly kind: 'hide' }
  | { readonly kind: 'block' }
  | { readonly kind: 'undo' }
  | { readonly kind: 'open-saved' }
  | { readonly kind: 'transfer'; readonly command: 'import' | 'export' }
  | { readonly kind: 'show-surface'; readonly surface: SurfaceName }
  | { readonly kind: 'font-size'; readonly steps: number }
  | { readonly kind: 'show-shortcuts' };

export interface KeyPress {
  readonly key: string;
  readonly code: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly shiftKey: boolean;
  readonly altKey: boolean;
}

/** `isTyping`: the focus is in a text field, where plain letters are text. */
export function commandFor(press: KeyPress, isTyping: boolean): Command | null {
  if (press.altKey) return null;
  if (press.ctrlKey || press.metaKey) return commandWithControl(press, isTyping);
  if (isTyping) return null;
  switch (press.key) {
    case '/':
      return { kind: 'focus-search' };
    case '?':
      return { kind: 'show-shortcuts' };
    case 'c':
    case 'C':
      return { kind: 'copy-magnet' };
    case 'o':
    case 'O':
      return { kind: 'open-magnet' };
    case 't':
    case 'T':
      return { kind: 'send-to-client' };
    case 's':
    case 'S':
      return { kind: 'star' };
    case 'Delete':
      return { kind: press.shiftKey ? 'block' : 'hide' };
    default:
      return null;
  }
}

function commandWithControl(press: KeyPress, isTyping: boolean): Command | null {
  const key = press.key.toLowerCase();
  if (press.shiftKey && key !== '+') return commandWithShift(key);
  if (key === 's') return { kind: 'open-saved' };
  if (key === 'f') return { kind: 'focus-search' };
  if (key === 'z' && !isTyping) return { kind: 'undo' };
  if (key === 'o') return { kind: 'transfer', command: 'import' };
  if (key === 'e') return { kind: 'transfer', command: 'export' };
  if (key === ',') return { kind: 'show-surface', surface: 'settings' };
  if (key === '+' || key === '=') return { kind: 'font-size', steps: 1 };
  if (key === '-') return { kind: 'font-size', steps: -1 };
  if (key === '0') return { kind: 'font-size', steps: 0 };
  // By position, not by letter: on a French keyboard the digits need Shift.
  const digit = /^Digit([1-9])$/.exec(press.code);
  return digit ? { kind: 'choose-type', index: Number(digit[1]) - 1 } : null;
}

function commandWithShift(key: string): Command | null {
  if (key === 'p') return { kind: 'toggle-pause' };
  return key === 'k' ? { kind: 'show-surface', surface: 'crawl' } : null;
}

export interface ShortcutLine {
  readonly keys: readonly string[];
  readonly meaning: string;
}
export interface ShortcutGroup {
  readonly title: string;
  readonly lines: readonly ShortcutLine[];
}

const text = messages.shortcuts;
export const SHORTCUT_GROUPS: readonly ShortcutGroup[] = [
  {
    title: text.searchGroup,
    lines: [
      { keys: ['/', 'Ctrl F'], meaning: text.focusSearch },
      { keys: ['Esc'], meaning: text.clearThenLeave },
      { keys: ['→'], meaning: text.takeCompletion },
      { keys: ['Alt ↓'], meaning: text.showTitles },
      { keys: ['Ctrl S'], meaning: messages.saved.title },
      { keys: ['Ctrl 1', '…', 'Ctrl 9'], meaning: text.chooseType },
    ],
  },
  {
    title: text.appGroup,
    lines: [
      { keys: ['Ctrl Shift P'], meaning: text.togglePause },
      { keys: ['Ctrl O'], meaning: messages.transfer.shortcuts.import },
      { keys: ['Ctrl E'], meaning: messages.transfer.shortcuts.export },
      { keys: ['Ctrl ,'], meaning: text.openSettings },
      { keys: ['Ctrl Shift K'], meaning: text.openCrawl },
      { keys: ['Esc'], meaning: text.back },
      { keys: ['Ctrl +', 'Ctrl −', 'Ctrl 0'], meaning: text.fontSize },
      { keys: ['?'], meaning: text.showShortcuts },
    ],
  },
  {
    title: text.listGroup,
    lines: [
      { keys: ['↑', '↓', 'PgUp', 'PgDn'], meaning: text.move },
      { keys: ['Home', 'End'], meaning: text.moveFar },
      { keys: ['Enter'], meaning: text.openDetails },
      { keys: ['Space'], meaning: text.quickLook },
      { keys: ['Shift ↑', 'Shift ↓'], meaning: text.selectRange },
      { keys: ['Ctrl A'], meaning: text.selectAll },
      { keys: ['C', 'Ctrl C'], meaning: text.copyMagnet },
      { keys: ['O'], meaning: text.openMagnet },
      { keys: ['T'], meaning: messages.client.sendAny },
      { keys: ['S'], meaning: text.star },
      { keys: ['Del'], meaning: text.hide },
      { keys: ['Shift Del'], meaning: text.block },
      { keys: ['Ctrl Z'], meaning: text.undo },
    ],
  },
];
