// Results as lines for a terminal or for another program.
import { toHex } from '../base/bytes.ts';
import type { StoredDetails, StoredRow } from '../catalogue/catalogue-reader.ts';

/** Infohash, gap, size, gap, date, gap. */
const COLUMNS_BEFORE_NAME = 40 + 2 + 9 + 2 + 10 + 2;
/** In a narrower terminal the name is as wide as this and lines wrap. */
const NAME_COLUMNS_MIN = 24;
/** Letters that take two columns. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}|[\u{20000}-\u{3fffd}]/u;
const NO_WIDTH = /\p{M}|\p{Cf}/u;

/** One JSON object, without a line end. */
export function jsonLine(details: StoredDetails): string {
  const hexOrNull = (bytes: Uint8Array | null): string | null => (bytes === null ? null : toHex(bytes));
  return JSON.stringify({
    infohash: toHex(details.infohash),
    infohashV1: hexOrNull(details.infohashV1),
    infohashV2: hexOrNull(details.infohashV2),
    name: details.name,
    sizeBytes: details.sizeBytes,
    fileCount: details.fileCount,
    discoveredAt: new Date(details.discoveredAtUnixSeconds * 1000).toISOString(),
  });
}

/** `columns`: width of the terminal, or null when nobody looks and names may be as long as they are. */
export function textLine(row: StoredRow, columns: number | null): string {
  const date = new Date(row.discoveredAtUnixSeconds * 1000).toISOString().slice(0, 10);
  const width = columns === null ? Infinity : Math.max(NAME_COLUMNS_MIN, columns - COLUMNS_BEFORE_NAME - 1);
  return `${toHex(row.infohash)}  ${sizeText(row.sizeBytes).padStart(9)}  ${date}  ${fitted(row.name, width)}`;
}

/** Decimal units, as shops and most clients write sizes. */
export function sizeText(sizeBytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  let value = sizeBytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 || value >= 99.5 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** `text` cut to `columns` of a terminal, with an ellipsis where it was cut. */
export function fitted(text: string, columns: number): string {
  const widths = [...text].map((letter) => ({ letter, width: NO_WIDTH.test(letter) ? 0 : WIDE.test(letter) ? 2 : 1 }));
  if (widths.reduce((sum, { width }) => sum + width, 0) <= columns) return text;
  let cut = '';
  let used = 1; // the ellipsis
  for (const { letter, width } of widths) {
    if (used + width > columns) break;
    cut += letter;
    used += width;
  }
  return `${cut}…`;
}
