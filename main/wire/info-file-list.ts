// The files of an info dictionary, read from its tokens in one pass: the list of v1 (`files`) and the tree of v2
// (`file tree`, BEP 52). Counts every file, keeps the paths of the first ones only, hides padding (BEP 47).
// Not here: cleaning the paths (clean-name.ts) and what the rest of the dictionary says (info-dictionary.ts).
import { FILES_KEPT_MAX } from '../catalogue/torrent.ts';
import type { BencodeScanner, ScanProblem, Token } from './bencode-scanner.ts';
import {
  TOKEN_CLOSE,
  TOKEN_DICTIONARY,
  TOKEN_INTEGER,
  TOKEN_KEY,
  TOKEN_LIST,
  TOKEN_MALFORMED,
  TOKEN_STRING,
} from './bencode-scanner.ts';

/** protocol.md 4.3: more files than this are garbage. Padding is not counted. */
export const FILES_MAX = 100_000;
/** protocol.md 2.6: folders inside each other. */
const PATH_PARTS_MAX = 100;
/**
 * Bytes of path kept over all files, each part counted with PART_COST_BYTES more. 2,000 files of four parts of 20 bytes
 * come to 416,000; a list made of tiny folders stops here instead of holding the thread for half a second.
 */
const KEPT_COST_BYTES_MAX = 1024 * 1024;
const PART_COST_BYTES = 32;
/** In one file's dictionary: a path of a hundred parts, and whatever else clients write there. */
const ENTRY_TOKENS_MAX = 1024;
/** Files read between two steps: some 0.1 ms. */
const ENTRIES_PER_STEP = 512;
/** SHA-256 (BEP 52). */
const PIECES_ROOT_BYTES = 32;
const LETTER_P = 0x70;
/** BitComet pads with files of this name and sets no attribute. */
const BITCOMET_PADDING = '_____padding_file_';

export type FileProblem =
  | 'bad-file-entry' //   not a dictionary, or a field of the wrong kind
  | 'bad-length' //       missing, negative, or too large to be exact
  | 'bad-path' //         no list of strings, or empty
  | 'bad-pieces-root'
  | 'bad-file-tree' //    a name without a dictionary, or a file that is a folder as well
  | 'tree-root-is-file'
  | 'path-too-deep'
  | 'too-many-files'
  | 'size-not-exact'; //  the sum is above 2^53 - 1

export interface RawFile {
  /** The path's parts as raw bytes, views into the dictionary. */
  readonly parts: readonly Uint8Array[];
  readonly sizeBytes: number;
  /** What is shown of `attr` (BEP 47): see shownAttributes. */
  readonly attributes: string;
  /** Where a symbolic link points, as raw bytes; empty for everything else. */
  readonly linkParts: readonly Uint8Array[];
}

/** Those letters of `attr` that people are shown, in one order: executable, hidden, symbolic link (BEP 47). */
export function shownAttributes(letters: Uint8Array): string {
  let shown = '';
  for (const letter of 'xhl') if (letters.includes(letter.charCodeAt(0))) shown += letter;
  return shown;
}

/** What one list or tree says. `problem` null: the scanner stands behind it. */
export class RawFileList {
  readonly kept: RawFile[] = [];
  fileCount = 0;
  sizeBytes = 0;
  #keptCostBytes = 0;

  get hasRoom(): boolean {
    return this.kept.length < FILES_KEPT_MAX && this.#keptCostBytes < KEPT_COST_BYTES_MAX;
  }

  /** Counts one file that is no padding. `parts` is null when there is no room for it. */
  add(parts: readonly Uint8Array[] | null, { sizeBytes, attributes, linkParts }: Entry): FileProblem | null {
    if (this.fileCount === FILES_MAX) return 'too-many-files';
    this.fileCount++;
    this.sizeBytes += sizeBytes;
    if (parts && this.hasRoom) {
      this.kept.push({ parts, sizeBytes, attributes, linkParts });
      for (const part of parts) this.#keptCostBytes += part.length + PART_COST_BYTES;
      for (const part of linkParts) this.#keptCostBytes += part.length + PART_COST_BYTES;
    }
    return Number.isSafeInteger(this.sizeBytes) ? null : 'size-not-exact';
  }
}

type Problem = FileProblem | ScanProblem;

/** One file as it is being read; -1 and null stand for absent. */
class Entry {
  sizeBytes = -1;
  isPadding = false;
  attributes = '';
  linkParts: Uint8Array[] = [];
  rootBytes = -1;
  /** Of `path.utf-8` if there is one, else of `path`; empty when the list has no more room. */
  parts: Uint8Array[] = [];
  partCount = -1;
  hasUtf8Path = false;

  get isLink(): boolean {
    return this.attributes.includes('l');
  }
}

/** Reads the value of `files`, in steps; the scanner stands right before it. */
export function* readFileList(scanner: BencodeScanner, into: RawFileList): Generator<void, Problem | null, void> {
  const first = scanner.next();
  if (first !== TOKEN_LIST) return scanner.problem ?? 'bad-file-entry';
  for (let count = 1; ; count++) {
    if (count % ENTRIES_PER_STEP === 0) yield;
    const token = scanner.next();
    if (token === TOKEN_CLOSE) return null;
    if (token !== TOKEN_DICTIONARY) return scanner.problem ?? 'bad-file-entry';
    const entry = new Entry();
    const problem = readEntry(scanner, entry, into.hasRoom) ?? addListed(entry, into);
    if (problem) return problem;
  }
}

/** Reads the value of `file tree`, in steps; the scanner stands right before it. */
export function* readFileTree(scanner: BencodeScanner, into: RawFileList): Generator<void, Problem | null, void> {
  if (scanner.next() !== TOKEN_DICTIONARY) return scanner.problem ?? 'bad-file-tree';
  const path: Uint8Array[] = [];
  /** For each open folder: how many names it has had, and whether one of them was the file mark (the empty name). */
  const nameCounts = [0];
  const hasMark = [false];
  for (let count = 1; ; count++) {
    if (count % ENTRIES_PER_STEP === 0) yield;
    const token = scanner.next();
    if (token === TOKEN_CLOSE) {
      if (path.length === 0) return null;
      path.pop();
      nameCounts.pop();
      hasMark.pop();
      continue;
    }
    if (token !== TOKEN_KEY) return scanner.problem ?? 'bad-file-tree';
    const isMark = scanner.dataLength === 0;
    const folder = path.length;
    nameCounts[folder]!++;
    hasMark[folder] ||= isMark;
    if (hasMark[folder] && folder === 0) return 'tree-root-is-file';
    if (hasMark[folder] && nameCounts[folder]! > 1) return 'bad-file-tree';
    if (!isMark) path.push(scanner.bytes.subarray(scanner.dataStart, scanner.dataStart + scanner.dataLength));
    if (scanner.next() !== TOKEN_DICTIONARY) return scanner.problem ?? 'bad-file-tree';
    if (!isMark) {
      nameCounts.push(0);
      hasMark.push(false);
      continue;
    }
    const entry = new Entry();
    const problem = readEntry(scanner, entry, into.hasRoom) ?? addFromTree(entry, path, into);
    if (problem) return problem;
  }
}

/** A symbolic link takes no place, and needs no length (libtorrent; BEP 47 leaves it open). */
function settleLink(entry: Entry): void {
  if (entry.isLink) entry.sizeBytes = 0;
}

function addListed(entry: Entry, into: RawFileList): FileProblem | null {
  settleLink(entry);
  if (entry.sizeBytes < 0) return 'bad-length';
  if (entry.partCount < 1) return 'bad-path';
  return entry.isPadding ? null : into.add(entry.parts.length > 0 ? entry.parts : null, entry);
}

function addFromTree(entry: Entry, path: readonly Uint8Array[], into: RawFileList): FileProblem | null {
  settleLink(entry);
  if (entry.sizeBytes < 0) return 'bad-length';
  if (entry.sizeBytes > 0 && entry.rootBytes !== PIECES_ROOT_BYTES) return 'bad-pieces-root';
  return entry.isPadding ? null : into.add(into.hasRoom ? [...path] : null, entry);
}

/** Reads the fields of one file, v1 or v2, up to and with the end of its dictionary. Of a repeated key the first counts. */
function readEntry(scanner: BencodeScanner, entry: Entry, keepsPath: boolean): Problem | null {
  for (;;) {
    const token = scanner.next();
    if (token === TOKEN_CLOSE) return null;
    if (token !== TOKEN_KEY) return scanner.problem ?? 'bad-file-entry';
    let problem: Problem | null = null;
    if (scanner.dataIs('length')) problem = readLength(scanner, entry);
    else if (scanner.dataIs('path')) problem = readPath(scanner, entry, { keepsPath, isUtf8: false });
    else if (scanner.dataIs('path.utf-8')) problem = readPath(scanner, entry, { keepsPath, isUtf8: true });
    else if (scanner.dataIs('attr')) problem = readAttributes(scanner, entry);
    else if (scanner.dataIs('symlink path')) problem = readLinkPath(scanner, entry, keepsPath);
    else if (scanner.dataIs('pieces root')) problem = readRoot(scanner, entry);
    else if (skipSmall(scanner) === null) problem = 'bad-file-entry';
    if (problem) return problem;
  }
}

function readLength(scanner: BencodeScanner, entry: Entry): Problem | null {
  if (scanner.next() !== TOKEN_INTEGER) return scanner.problem ?? 'bad-length';
  if (!scanner.isIntegerSafe || scanner.integer < 0) return 'bad-length';
  if (entry.sizeBytes < 0) entry.sizeBytes = scanner.integer;
  return null;
}

/** Reads one value and answers its last token; null when it is larger than anything in one file's dictionary has to be. */
function skipSmall(scanner: BencodeScanner): Token | null {
  const { depth } = scanner;
  let token = scanner.next();
  for (let count = 1; scanner.depth > depth && token !== TOKEN_MALFORMED; count++) {
    if (count === ENTRY_TOKENS_MAX) return null;
    token = scanner.next();
  }
  return token; // a scan problem shows at the next one
}

function readAttributes(scanner: BencodeScanner, entry: Entry): FileProblem | null {
  const token = skipSmall(scanner);
  if (token === null) return 'bad-file-entry';
  if (token !== TOKEN_STRING) return null;
  const letters = scanner.bytes.subarray(scanner.dataStart, scanner.dataStart + scanner.dataLength);
  if (letters.includes(LETTER_P)) entry.isPadding = true;
  entry.attributes ||= shownAttributes(letters);
  return null;
}

function readRoot(scanner: BencodeScanner, entry: Entry): FileProblem | null {
  const token = skipSmall(scanner);
  if (token === null) return 'bad-file-entry';
  if (entry.rootBytes < 0) entry.rootBytes = token === TOKEN_STRING ? scanner.dataLength : 0;
  return null;
}

/** What is no list of strings points nowhere. */
function readLinkPath(scanner: BencodeScanner, entry: Entry, keepsPath: boolean): Problem | null {
  const { depth } = scanner;
  const parts: Uint8Array[] = [];
  let token = scanner.next();
  for (let count = 1; scanner.depth > depth && token !== TOKEN_MALFORMED; count++) {
    if (count > PATH_PARTS_MAX) return 'path-too-deep';
    token = scanner.next();
    if (token !== TOKEN_STRING || !keepsPath) continue;
    parts.push(scanner.bytes.subarray(scanner.dataStart, scanner.dataStart + scanner.dataLength));
  }
  if (entry.linkParts.length === 0) entry.linkParts = parts;
  return null;
}

function readPath(
  scanner: BencodeScanner,
  entry: Entry,
  options: { keepsPath: boolean; isUtf8: boolean },
): Problem | null {
  if (scanner.next() !== TOKEN_LIST) return scanner.problem ?? 'bad-path';
  const parts: Uint8Array[] = [];
  let partCount = 0;
  let beginsWithPad = false;
  for (;;) {
    const token = scanner.next();
    if (token === TOKEN_CLOSE) break;
    if (token !== TOKEN_STRING) return scanner.problem ?? 'bad-path';
    if (partCount === PATH_PARTS_MAX) return 'path-too-deep';
    if (partCount === 0) beginsWithPad = scanner.dataIs('.pad');
    partCount++;
    if (isBitCometPadding(scanner)) entry.isPadding = true;
    if (!options.keepsPath) continue;
    parts.push(scanner.bytes.subarray(scanner.dataStart, scanner.dataStart + scanner.dataLength));
  }
  if (beginsWithPad && partCount > 1) entry.isPadding = true;
  // An empty `path.utf-8` does not replace a good `path`, whichever comes first.
  const isBetter = options.isUtf8 ? partCount > 0 && !entry.hasUtf8Path : entry.partCount < 0;
  if (!isBetter) return null;
  entry.parts = parts;
  entry.partCount = partCount;
  entry.hasUtf8Path ||= options.isUtf8;
  return null;
}

function isBitCometPadding(scanner: BencodeScanner): boolean {
  const { bytes, dataStart, dataLength } = scanner;
  if (dataLength < BITCOMET_PADDING.length || bytes[dataStart] !== 0x5f || bytes[dataStart + 4] !== 0x5f) return false;
  for (let index = 0; index < BITCOMET_PADDING.length; index++) {
    if (bytes[dataStart + index] !== BITCOMET_PADDING.charCodeAt(index)) return false;
  }
  return true;
}
