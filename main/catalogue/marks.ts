// Bits of `torrents.marks`: what the person decided about a torrent.
import type { Mark } from './torrent.ts';

export const STARRED = 1;
export const OPENED = 2;
export const HIDDEN = 4;
export const BLOCKED = 8;

/** Rows with marks below this are shown, neither HIDDEN nor BLOCKED; the SQL says `marks < 4`. */
export const UNSHOWN_FROM = 4;

export const MARK_BITS: Readonly<Record<Mark, number>> = {
  star: STARRED,
  open: OPENED,
  hide: HIDDEN,
  block: BLOCKED,
};

export const isShown = (marks: number): boolean => marks < UNSHOWN_FROM;
