// The lists a person chooses from, in the order they are drawn. The contract is imported for its types only, so that no
// validation code travels into the window; `satisfies` makes a drift a compile error.
import type { ContentType, SortOrder } from '../../preload/ipc-contract.ts';
import type { Theme } from '../../preload/settings-contract.ts';
import type { TransferCommandName, TransferFormat } from '../../preload/transfer-contract.ts';

/** Ctrl+1 is 'all', Ctrl+2 the first of these, and so on. */
export const CONTENT_TYPES = [
  'video',
  'audio',
  'book',
  'software',
  'game',
  'image',
  'archive',
  'other',
] as const satisfies readonly ContentType[];

export const SORT_ORDERS = ['relevance', 'newest', 'size', 'files', 'peers'] as const satisfies readonly SortOrder[];

export const THEMES = ['system', 'light', 'dark', 'high-contrast'] as const satisfies readonly Theme[];

export const TRANSFER_FORMAT_CHOICES = ['csv', 'jsonl', 'magnets'] as const satisfies readonly TransferFormat[];

export const TRANSFER_COMMANDS = [
  'import',
  'export',
  'backup',
  'restore',
] as const satisfies readonly TransferCommandName[];
