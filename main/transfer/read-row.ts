// One record of an import as a torrent, whoever wrote it: every field is looked at, names are cleaned as if they came from
// the network, and what makes no sense is refused with a reason. Pure; never throws.
import { fromHex } from '../base/bytes.ts';
import { FILES_KEPT_MAX, type SwarmCount, type TorrentFile, type TorrentHealth } from '../catalogue/torrent.ts';
import { readInfohash } from '../search/query-infohash.ts';
import type { ImportedTorrent } from '../store/store-contract.ts';
import { cleanName, cleanPath } from '../wire/clean-name.ts';
import { FILES_MAX } from '../wire/info-file-list.ts';
import { parseCsvRecord, undefused } from './csv-format.ts';
import { CSV_COLUMNS } from './export-row.ts';
import type { SkipReason } from './transfer-contract.ts';

export type ReadRow =
  | { readonly kind: 'torrent'; readonly torrent: ImportedTorrent }
  /** An infohash and nothing else worth keeping: its metadata is to be fetched. 20 bytes. */
  | { readonly kind: 'infohash'; readonly infohash: Uint8Array }
  | { readonly kind: 'skipped'; readonly reason: SkipReason };

/** Fields of a record by their names in export-row.ts, not yet looked at. */
type Fields = Readonly<Record<string, unknown>>;

/** A longer line is looked at for its depth before JSON.parse builds what it says. */
const UNCHECKED_CHARACTERS_MAX = 64 * 1024;
const DEPTH_MAX = 8;
/** Peers and seeders: more than that nobody has, and sums stay exact. */
const PEOPLE_MAX = 1e9;
/** Nobody saw a torrent before BitTorrent was there (July 2001). */
const FIRST_SECOND = 993_945_600;

const skipped = (reason: SkipReason): ReadRow => ({ kind: 'skipped', reason });

/** A line of JSON Lines. */
export function readJsonLine(line: string, nowUnixSeconds: number): ReadRow {
  if (line.length > UNCHECKED_CHARACTERS_MAX && isTooDeep(line)) return skipped('damaged');
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return skipped('damaged');
  }
  return isFields(value) ? readFields(value, nowUnixSeconds) : skipped('damaged');
}

/** A line of a magnet list: a link, or an infohash alone. */
export function readMagnetLine(line: string): ReadRow {
  const infohash = fromHex(readInfohash(line.trim())?.infohashHex ?? '');
  return infohash?.length ? { kind: 'infohash', infohash: infohash.slice(0, 20) } : skipped('no-infohash');
}

export interface CsvLayout {
  readonly separator: string;
  /** Names of the columns in their order. */
  readonly columns: readonly string[];
}

/** The first record of a CSV file; null when its columns are not those of an export. Spreadsheets may have put `;` or tabs. */
export function readCsvHeader(record: string): CsvLayout | null {
  const known: ReadonlySet<string> = new Set(CSV_COLUMNS);
  for (const separator of [',', ';', '\t']) {
    const columns = parseCsvRecord(record, separator)?.map((cell) => cell.trim());
    if (columns?.some((column) => /^infohash(V[12])?$/.test(column))) {
      return { separator, columns: columns.map((column) => (known.has(column) ? column : '')) };
    }
  }
  return null;
}

export function readCsvRecord(record: string, layout: CsvLayout, nowUnixSeconds: number): ReadRow {
  const cells = parseCsvRecord(record, layout.separator);
  if (cells === null) return skipped('damaged');
  const texts = new Map(layout.columns.map((column, index) => [column, undefused(cells[index] ?? '')]));
  const text = (column: string): string | null => texts.get(column) || null;
  const count = (source: string): unknown => {
    const seeders = text(`${source}Seeders`);
    if (seeders === null) return null;
    return { seeders, leechers: text(`${source}Leechers`), checkedAt: text(`${source}CheckedAt`) };
  };
  const files = text('files');
  if (files !== null && files.length > UNCHECKED_CHARACTERS_MAX && isTooDeep(files)) return skipped('damaged');
  const health = { dht: count('dht'), tracker: count('tracker'), isDead: text('isDead') };
  return readFields({ ...Object.fromEntries(texts), health, files: files && parsedOr(files, NaN) }, nowUnixSeconds);
}

function readFields(fields: Fields, nowUnixSeconds: number): ReadRow {
  const names = readInfohashes(fields);
  if (typeof names === 'string') return skipped(names);
  const { name } = fields;
  if (typeof name !== 'string' || name.trim() === '') {
    return { kind: 'infohash', infohash: names.infohashV1 ?? names.infohashV2!.slice(0, 20) };
  }
  const files = readFiles(fields['files'] ?? []);
  if (files === null) return skipped('bad-field');
  const sizeBytes = wholeOr(fields['sizeBytes'], sumOf(files), Number.MAX_SAFE_INTEGER);
  const fileCount = wholeOr(fields['fileCount'], files.length, FILES_MAX);
  const peersSeen = wholeOr(fields['peersSeen'], 0, PEOPLE_MAX);
  const timesSeen = wholeOr(fields['timesSeen'], 1, PEOPLE_MAX);
  if (sizeBytes === null || fileCount === null || peersSeen === null || timesSeen === null) return skipped('bad-field');
  const discoveredAtUnixSeconds = readTime(fields['firstSeenAt'], nowUnixSeconds) ?? nowUnixSeconds;
  const lastSeenAtUnixSeconds = readTime(fields['lastSeenAt'], nowUnixSeconds) ?? discoveredAtUnixSeconds;
  const torrent = {
    ...names,
    name: cleanName(name),
    sizeBytes,
    fileCount: Math.max(fileCount, files.length),
    files,
    isPrivate: isTrue(fields['isPrivate']),
    peersSeen,
    timesSeen,
    discoveredAtUnixSeconds,
    lastSeenAtUnixSeconds: Math.max(lastSeenAtUnixSeconds, discoveredAtUnixSeconds),
    health: readHealth(fields['health'], nowUnixSeconds),
    isStarred: isTrue(fields['isStarred']),
  };
  return { kind: 'torrent', torrent };
}

/** `infohash` stands for v1 where nothing else says which it is: of a pure v2 torrent it is the cut one. */
function readInfohashes(
  fields: Fields,
): { infohashV1: Uint8Array | null; infohashV2: Uint8Array | null } | 'no-infohash' | 'bad-infohash' {
  const texts = ['infohashV1', 'infohashV2', 'infohash'].map((key) => fields[key] ?? '');
  if (texts.every((text) => text === '')) return 'no-infohash';
  const [v1, v2, primary] = texts.map((text) => (typeof text === 'string' ? fromHex(text) : null));
  const fits = (bytes: Uint8Array | null | undefined, length: number): boolean =>
    bytes !== null && bytes !== undefined && (bytes.length === 0 || bytes.length === length);
  if (!fits(v1, 20) || !fits(v2, 32) || !fits(primary, 20)) return 'bad-infohash';
  const infohashV2 = v2!.length === 0 ? null : v2!;
  const alone = primary!.length === 0 || infohashV2 ? null : primary!;
  return { infohashV1: v1!.length > 0 ? v1! : alone, infohashV2 };
}

/** At most FILES_KEPT_MAX; null when it is no list of files. */
function readFiles(value: unknown): TorrentFile[] | null {
  if (!Array.isArray(value)) return null;
  const files: TorrentFile[] = [];
  for (const entry of value.slice(0, FILES_KEPT_MAX) as unknown[]) {
    if (!isFields(entry)) return null;
    const { path, linkTarget, attributes } = entry;
    const sizeBytes = wholeOr(entry['sizeBytes'], 0, Number.MAX_SAFE_INTEGER);
    if (typeof path !== 'string' || sizeBytes === null) return null;
    const shown = typeof attributes === 'string' ? [...'xhl'].filter((letter) => attributes.includes(letter)) : [];
    files.push({
      path: cleanPath(path.split('/')),
      sizeBytes,
      ...(shown.length > 0 ? { attributes: shown.join('') } : {}),
      ...(typeof linkTarget === 'string' && shown.includes('l')
        ? { linkTarget: cleanPath(linkTarget.split('/')) }
        : {}),
    });
  }
  return Number.isSafeInteger(sumOf(files)) ? files : null;
}

const sumOf = (files: readonly TorrentFile[]): number => files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);

/** Counts that make no sense are left out; they are found anew. */
function readHealth(value: unknown, nowUnixSeconds: number): TorrentHealth | null {
  if (!isFields(value)) return null;
  const [dht, tracker] = [readCount(value['dht'], nowUnixSeconds), readCount(value['tracker'], nowUnixSeconds)];
  const isDead = isTrue(value['isDead']);
  return dht || tracker || isDead ? { dht, tracker, isDead } : null;
}

function readCount(value: unknown, nowUnixSeconds: number): SwarmCount | null {
  if (!isFields(value)) return null;
  const seeders = wholeOr(value['seeders'], null, PEOPLE_MAX);
  const leechers = wholeOr(value['leechers'], 0, PEOPLE_MAX);
  const checkedAtUnixSeconds = readTime(value['checkedAt'], nowUnixSeconds);
  if (seeders === null || leechers === null || checkedAtUnixSeconds === null) return null;
  return { seeders, leechers, checkedAtUnixSeconds };
}

/** Unix seconds or a date as text; null when it is none. What has not come yet is now: it would stay the newest for ever. */
function readTime(value: unknown, nowUnixSeconds: number): number | null {
  const isDigits = typeof value === 'string' && /^\d{1,12}$/.test(value);
  const seconds = typeof value === 'number' || isDigits ? Number(value) : Date.parse(String(value)) / 1000;
  if (!Number.isFinite(seconds) || seconds < FIRST_SECOND) return null;
  return Math.min(Math.floor(seconds), nowUnixSeconds);
}

/** `missing` where nothing is said; null for what is no whole number from 0 to `most`. */
function wholeOr<Missing extends number | null>(
  value: unknown,
  missing: Missing,
  most: number,
): number | Missing | null {
  if (value === undefined || value === null || value === '') return missing;
  const number = typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) && number >= 0 && number <= most ? number : null;
}

const isTrue = (value: unknown): boolean => value === true || (typeof value === 'string' && /^true$/i.test(value));

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parsedOr(text: string, otherwise: unknown): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return otherwise;
  }
}

/** Millions of brackets inside each other would be built before anybody looked at them. */
function isTooDeep(text: string): boolean {
  let depth = 0;
  let isInText = false;
  for (let at = 0; at < text.length; at++) {
    const letter = text[at];
    if (isInText && letter === '\\') at++;
    else if (letter === '"') isInText = !isInText;
    else if (!isInText && (letter === '[' || letter === '{') && ++depth > DEPTH_MAX) return true;
    else if (!isInText && (letter === ']' || letter === '}')) depth--;
  }
  return false;
}
