// The words of a notification about saved searches. Pure.
import type { SystemNotice } from './notification.ts';

/** What is new for one saved search. */
export interface Untold {
  /** The person's own name for the search. */
  readonly search: string;
  readonly count: number;
  /** Of some, the newest first. */
  readonly names: readonly string[];
}

const NAMES_SAID_MAX = 3;
const LINE_CHARACTERS_MAX = 120;

/** One notification for everything that is new. */
export function savedNotice(untold: readonly Untold[]): SystemNotice {
  const count = untold.reduce((sum, one) => sum + one.count, 0);
  const what = count === 1 ? '1 new torrent' : `${count.toLocaleString('en')} new torrents`;
  const [first, second] = untold;
  const where =
    second === undefined ? `“${plainLine(first?.search ?? '')}”` : `${untold.length.toString()} saved searches`;
  // Of several searches each has its turn before one has a second.
  const names = Array.from({ length: NAMES_SAID_MAX }, (_, at) => untold.flatMap((one) => one.names[at] ?? []))
    .flat()
    .slice(0, NAMES_SAID_MAX);
  const left = count - names.length;
  const more = left > 0 && names.length > 0 ? [`and ${left.toLocaleString('en')} more`] : [];
  return { title: `${what} for ${where}`, body: [...names.map(plainLine), ...more].join('\n') };
}

/**
 * A stranger's text as one line for the desktop: some read markup in it, links and pictures among it, and some do not, so
 * that neither escaping nor leaving it is right; what could be markup is drawn by other characters.
 */
export function plainLine(text: string): string {
  const line = text
    .replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim()
    .replaceAll('<', '‹')
    .replaceAll('>', '›')
    .replaceAll('&', '＆');
  const letters = [...line];
  return letters.length > LINE_CHARACTERS_MAX ? `${letters.slice(0, LINE_CHARACTERS_MAX - 1).join('')}…` : line;
}
