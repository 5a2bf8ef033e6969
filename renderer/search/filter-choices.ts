// What the menu of filters offers; everything else can be typed.
import type { FilterKey } from './query-text.ts';

export const FILTER_CHOICES: readonly { readonly key: FilterKey; readonly values: readonly string[] }[] = [
  { key: 'size', values: ['<100MB', '>100MB', '>1GB', '>10GB'] },
  { key: 'age', values: ['<1d', '<7d', '<30d'] },
  { key: 'seeds', values: ['>0', '>3', '>20'] },
  { key: 'files', values: ['1', '<10', '>100'] },
];
