// Makes the names that strangers give to torrents and files safe to show, to index and to export (protocol.md 4.3).
// Nothing is ever written to disk under these names, but a window, a file manager or a script may trust them.
// Not here: HTML escaping (the renderer's) and folding for search (search/tokens.ts).

import { isUtf8 } from 'node:buffer';

/** The longest name that common file systems take. */
export const PART_BYTES_MAX = 255;
/** POSIX PATH_MAX: a longer path loses folders from its middle. */
export const PATH_BYTES_MAX = 4096;
/** UTF-16 units looked at; a longer text loses its middle first. One name may have 10 MiB, and all but 4 KiB go anyway. */
const TEXT_CHARACTERS_MAX = 2 * PATH_BYTES_MAX;
/** What stands for a name, or a piece of one, that may not be kept. */
const PLACEHOLDER = '_';

/** An extension that is worth keeping when a name is cut: `.torrent` and shorter, with room to spare. */
const EXTENSION_BYTES_MAX = 17;

/**
 * Invisible or direction-changing characters: C0 and C1 controls, the zero-width and bidi sets that libtorrent strips,
 * lone surrogates. With the `u` flag `\p{Surrogate}` matches only halves that have no partner.
 */
const UNSAFE = /[\0-\x1f\x7f-\x9f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]|\p{Surrogate}/gu;
/** These part words, so they become a space; every other unsafe character just goes. */
const LINE_BREAKS = /[\t\n\v\f\r\x85\u2028\u2029]+/g;
const PLAIN_ASCII = /^[ -~]*$/;
/** Printable ASCII without slashes and colons, no space in front, no space or dot at the end: most names are that. */
const PLAIN_PART = /^[!-.0-9;-[\]-~](?:[ -.0-9;-[\]-~]*[!--0-9;-[\]-~])?$/;
const SLASHES = /[/\\]+/;
/** Windows reads `C:` and `C:name` as a drive, and `con`, `nul.txt` or `com1` as a device. */
const DRIVE_LETTER = /^([a-z]):/i;
const DEVICE_NAME = /^(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9\u00b9\u00b2\u00b3])(?=$|[\s.:])/i;

/** Bytes looked at: of a name of megabytes only what cleanName would keep of it is read, and its ends count. */
const NAME_BYTES_MAX = 4 * TEXT_CHARACTERS_MAX;

/** `bytes` read as UTF-8; bytes that are not become U+FFFD and `hasBadEncoding` says so. No charset is guessed. */
export function decodeText(bytes: Uint8Array): { text: string; hasBadEncoding: boolean } {
  if (bytes.length > NAME_BYTES_MAX) return decodeEnds(bytes);
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  // Asked for instead of caught: 200,000 bad names in one torrent would cost seconds of exceptions.
  return { text, hasBadEncoding: !isUtf8(bytes) };
}

/** Both ends of a monstrous name, each cut between two characters. */
function decodeEnds(bytes: Uint8Array): { text: string; hasBadEncoding: boolean } {
  let end = NAME_BYTES_MAX / 2;
  let start = bytes.length - NAME_BYTES_MAX / 2;
  for (let count = 0; count < 3 && isContinuation(bytes[end]!); count++) end--;
  for (let count = 0; count < 3 && isContinuation(bytes[start]!); count++) start++;
  const [first, last] = [decodeText(bytes.subarray(0, end)), decodeText(bytes.subarray(start))];
  return { text: first.text + last.text, hasBadEncoding: first.hasBadEncoding || last.hasBadEncoding };
}

/** Inside a character of UTF-8. */
function isContinuation(byte: number): boolean {
  return (byte & 0xc0) === 0x80;
}

/** `name` as one safe line without any path in it: `../AC/DC` becomes `AC_DC`. Never empty. */
export function cleanName(name: string | Uint8Array): string {
  const parts = cleanParts(toText(name));
  return parts.length === 0 ? PLACEHOLDER : cutPart(parts.join(PLACEHOLDER));
}

/** A torrent's path (its list of parts) with `/` between safe parts. Relative, without `..`, never empty. */
export function cleanPath(path: readonly (string | Uint8Array)[]): string {
  const parts: string[] = [];
  for (const part of path) parts.push(...cleanParts(toText(part)));
  if (parts.length === 0) return PLACEHOLDER;
  return parts.length === 1 ? parts[0]! : joinBounded(parts);
}

/** `text` without what cannot be seen or would turn other text around; line breaks become one space. */
export function stripUnsafe(text: string): string {
  if (PLAIN_ASCII.test(text)) return text;
  return text.replace(LINE_BREAKS, ' ').replace(UNSAFE, '');
}

function toText(name: string | Uint8Array): string {
  return typeof name === 'string' ? name : decodeText(name).text;
}

/** One part of a torrent's path can hold slashes of both kinds; what they divide are parts of their own. */
function cleanParts(text: string): string[] {
  if (isPlain(text)) return [text];
  const parts: string[] = [];
  // Stripping comes first, so that a zero-width character cannot hide a `..` or a device name.
  for (const piece of stripUnsafe(withoutMiddle(text)).split(SLASHES)) {
    if (piece === '' || piece === '.' || piece === '..') continue;
    parts.push(cleanPart(piece));
  }
  return parts;
}

/** Nothing to do: the short way for the many. A single dot is no such name, for it ends in one. */
function isPlain(text: string): boolean {
  return text.length <= PART_BYTES_MAX && PLAIN_PART.test(text) && !text.endsWith('.') && !DEVICE_NAME.test(text);
}

function cleanPart(piece: string): string {
  // Windows drops dots and spaces at the end, so `nul .` is `nul` and `.. ` is `..`.
  let part = trimDotsAndSpaces(piece.trimStart());
  if (part === '') return PLACEHOLDER;
  part = part.replace(DRIVE_LETTER, `$1${PLACEHOLDER}`);
  if (DEVICE_NAME.test(part)) part = PLACEHOLDER + part;
  return cutPart(part);
}

/** At most PART_BYTES_MAX bytes of UTF-8; a short extension survives the cut, for it says what the file is. */
function cutPart(part: string): string {
  if (part.length * 3 <= PART_BYTES_MAX || Buffer.byteLength(part) <= PART_BYTES_MAX) return part;
  const dot = part.lastIndexOf('.');
  const extension = dot > 0 ? part.slice(dot) : '';
  const hasExtension = extension.length > 1 && Buffer.byteLength(extension) <= EXTENSION_BYTES_MAX;
  const kept = hasExtension ? extension : '';
  return (
    cutToBytes(hasExtension ? part.slice(0, dot) : part, PART_BYTES_MAX - Buffer.byteLength(kept)) + kept || PLACEHOLDER
  );
}

/** The longest beginning of `text` that is at most `bytesMax` long and does not end inside a character, space or dot. */
function cutToBytes(text: string, bytesMax: number): string {
  const bytes = Buffer.from(text.slice(0, bytesMax));
  let end = Math.min(bytesMax, bytes.length);
  while (end > 0 && end < bytes.length && (bytes[end]! & 0xc0) === 0x80) end--;
  return trimDotsAndSpaces(stripUnsafe(bytes.toString('utf8', 0, end)));
}

/** What stood at both ends keeps its place: the folders that begin a path, the extension that ends a name. */
function withoutMiddle(text: string): string {
  if (text.length <= TEXT_CHARACTERS_MAX) return text;
  return text.slice(0, TEXT_CHARACTERS_MAX / 2) + text.slice(-TEXT_CHARACTERS_MAX / 2);
}

/** Not `/[\s.]+$/`: that begins anew at every dot of a long run of them, and takes minutes for a megabyte. */
function trimDotsAndSpaces(text: string): string {
  let end = text.length;
  while (end > 0 && (text[end - 1] === '.' || text[end - 1]!.trim() === '')) end--;
  return text.slice(0, end);
}

function joinBounded(parts: string[]): string {
  const path = parts.join('/');
  if (path.length * 3 <= PATH_BYTES_MAX || Buffer.byteLength(path) <= PATH_BYTES_MAX) return path;
  const fileName = parts.at(-1)!;
  let room = PATH_BYTES_MAX - Buffer.byteLength(fileName) - PLACEHOLDER.length - 2;
  const kept: string[] = [];
  for (const part of parts) {
    room -= Buffer.byteLength(part) + 1;
    if (room < 0) break;
    kept.push(part);
  }
  return [...kept, PLACEHOLDER, fileName].join('/');
}
