// Reads an info dictionary whose hash has been proved: v1 (BEP 3), v2 (BEP 52) or both (hybrid). One pass over the raw
// bytes, nothing re-encoded, never throws. In steps, since the largest hold a thread for 20 ms and more. The hash says who wrote it, not that it makes sense: what fails here is
// "invalid" and must not be fetched again. Names come out cleaned; files beyond FILES_KEPT_MAX are only counted.
import type { TorrentFile } from '../catalogue/torrent.ts';
import type { ScanProblem, Token } from './bencode-scanner.ts';
import {
  BencodeScanner,
  METADATA_SCAN_LIMITS,
  TOKEN_CLOSE,
  TOKEN_DICTIONARY,
  TOKEN_INTEGER,
  TOKEN_KEY,
  TOKEN_MALFORMED,
  TOKEN_STRING,
} from './bencode-scanner.ts';
import { cleanName, cleanPath, decodeText } from './clean-name.ts';
import type { FileProblem, RawFile } from './info-file-list.ts';
import { RawFileList, readFileList, readFileTree, shownAttributes } from './info-file-list.ts';

/** The keys that matter, beside the two lists of files. */
// prettier-ignore
const FIELD_NAMES = ['name', 'name.utf-8', 'piece length', 'pieces', 'length', 'meta version', 'private', 'attr'] as const;
const KEYS_PER_STEP = 4096;
/** Some 0.2 ms. */
const TOKENS_PER_STEP = 16_384;
/** Names of files cleaned in one step: the worst take 30 us each. */
const NAMES_PER_STEP = 32;
/** BEP 3: SHA-1 of each piece. */
const PIECE_HASH_BYTES = 20;
/** BEP 52: the only version there is; a higher one means rules that we do not know. */
const META_VERSION = 2;
/** BEP 52: v2 piece lengths are powers of two, at least one block. */
const V2_PIECE_LENGTH_BYTES_MIN = 16_384;

export interface TorrentInfo {
  readonly name: string;
  /** At most FILES_KEPT_MAX (fewer when paths are monstrous), padding left out. A single file has the torrent's name as its path. */
  readonly files: readonly TorrentFile[];
  readonly fileCount: number;
  readonly sizeBytes: number;
  readonly pieceLengthBytes: number;
  readonly isPrivate: boolean;
  readonly hasV1: boolean;
  readonly hasV2: boolean;
  /** Some name was not UTF-8; what could not be read shows as U+FFFD. */
  readonly hasBadEncoding: boolean;
}

export type InfoProblem =
  | ScanProblem
  | FileProblem
  | 'not-a-dictionary'
  | 'trailing-bytes'
  | 'unknown-meta-version'
  | 'no-name'
  | 'bad-piece-length'
  | 'no-pieces'
  | 'bad-pieces' //           not a string, or not a multiple of 20 bytes
  | 'length-and-files'
  | 'no-files' //             neither a length nor a list nor a tree, or nothing but padding
  | 'hybrid-inconsistent'; // v1 and v2 disagree about the number of files or their size

export type ParsedInfo =
  { readonly ok: true; readonly info: TorrentInfo } | { readonly ok: false; readonly reason: InfoProblem };

/** All of it at once. */
export function parseInfoDictionary(raw: Uint8Array): ParsedInfo {
  const steps = parseInfoSteps(raw);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** The same in steps of a fraction of a millisecond each; whoever runs them decides how many in a row. */
export function* parseInfoSteps(raw: Uint8Array): Generator<void, ParsedInfo, void> {
  const fields = new Fields();
  const scanner = new BencodeScanner(METADATA_SCAN_LIMITS);
  scanner.begin(raw);
  const problem = yield* readFields(scanner, fields);
  // A version that we do not know comes first: its other fields may mean anything (BEP 52).
  if (fields.metaVersion !== null && fields.metaVersion > META_VERSION) return refuse('unknown-meta-version');
  if (problem) return refuse(problem);
  if (scanner.position !== raw.length) return refuse('trailing-bytes');
  const invalid = findProblem(fields);
  if (invalid) return refuse(invalid);
  return { ok: true, info: yield* toInfo(fields) };
}

/** The fields that matter, as the dictionary has them. Null: absent or of the wrong kind, unless said otherwise. */
class Fields {
  name: Uint8Array | null = null;
  nameUtf8: Uint8Array | null = null;
  pieceLength: number | null = null;
  /** -1: present, but not a string. */
  piecesBytes: number | null = null;
  /** -1: present, but not a size. */
  length: number | null = null;
  metaVersion: number | null = null;
  isPrivate = false;
  /** Of a single file (BEP 47). */
  attributes = '';
  list: RawFileList | null = null;
  tree: RawFileList | null = null;

  get hasV2(): boolean {
    return this.metaVersion === META_VERSION;
  }

  get hasV1(): boolean {
    return this.piecesBytes !== null;
  }

  /** Takes the value that was just read. */
  take(name: (typeof FIELD_NAMES)[number], scanner: BencodeScanner, token: Token): void {
    const text =
      token === TOKEN_STRING ? scanner.bytes.subarray(scanner.dataStart, scanner.dataStart + scanner.dataLength) : null;
    const integer = token === TOKEN_INTEGER && scanner.isIntegerSafe ? scanner.integer : null;
    if (name === 'name') this.name ??= text;
    else if (name === 'name.utf-8') this.nameUtf8 ??= text;
    else if (name === 'piece length') this.pieceLength ??= integer;
    else if (name === 'pieces') this.piecesBytes ??= text?.length ?? -1;
    else if (name === 'length') this.length ??= integer ?? -1;
    else if (name === 'meta version') this.metaVersion ??= integer;
    else if (name === 'private') this.isPrivate ||= integer === 1;
    else if (text) this.attributes ||= shownAttributes(text).replace('l', '');
  }
}

function* readFields(scanner: BencodeScanner, fields: Fields): Generator<void, InfoProblem | null, void> {
  if (scanner.next() !== TOKEN_DICTIONARY) return scanner.problem ?? 'not-a-dictionary';
  for (let count = 1; ; count++) {
    if (count % KEYS_PER_STEP === 0) yield;
    const token = scanner.next();
    if (token === TOKEN_CLOSE) return null;
    if (token !== TOKEN_KEY) return scanner.problem ?? 'not-a-dictionary';
    const problem = yield* readField(scanner, fields);
    if (problem) return problem;
  }
}

/** Of a repeated key the first counts, as in libtorrent. */
function* readField(scanner: BencodeScanner, fields: Fields): Generator<void, InfoProblem | null, void> {
  if (scanner.dataIs('file tree') && !fields.tree) {
    return yield* readFileTree(scanner, (fields.tree = new RawFileList()));
  }
  if (scanner.dataIs('files') && !fields.list) {
    return yield* readFileList(scanner, (fields.list = new RawFileList()));
  }
  const name = FIELD_NAMES.find((known) => scanner.dataIs(known));
  const token = yield* skipInSteps(scanner);
  if (name !== undefined) fields.take(name, scanner, token);
  return null;
}

/** Reads one value and answers its last token; a million of them may hide under one key. Problems show at the next token. */
function* skipInSteps(scanner: BencodeScanner): Generator<void, Token, void> {
  const { depth } = scanner;
  let token = scanner.next();
  for (let count = 1; scanner.depth > depth && token !== TOKEN_MALFORMED; count++) {
    if (count % TOKENS_PER_STEP === 0) yield;
    token = scanner.next();
  }
  return token;
}

function findProblem(fields: Fields): InfoProblem | null {
  if (!chosenName(fields)) return 'no-name';
  const pieceLength = fields.pieceLength ?? 0;
  if (pieceLength <= 0) return 'bad-piece-length';
  if (fields.length !== null && fields.list) return 'length-and-files';
  if (fields.length !== null && fields.length < 0) return 'bad-length';
  if (fields.hasV1 && (fields.piecesBytes! < 0 || fields.piecesBytes! % PIECE_HASH_BYTES !== 0)) return 'bad-pieces';
  if (fields.hasV2) {
    if (pieceLength < V2_PIECE_LENGTH_BYTES_MIN || !isPowerOfTwo(pieceLength)) return 'bad-piece-length';
    if (!fields.tree || fields.tree.fileCount === 0) return 'no-files';
    return fields.hasV1 ? findHybridProblem(fields) : null;
  }
  if (!fields.hasV1) return 'no-pieces';
  return fields.length === null && !fields.list?.fileCount ? 'no-files' : null;
}

/** BEP 52 asks that both halves say the same; libtorrent refuses the torrent otherwise, so nobody could share it. */
function findHybridProblem({ length, list, tree }: Fields): InfoProblem | null {
  if (length === null && !list?.fileCount) return 'no-files';
  const fileCount = length === null ? list!.fileCount : 1;
  const sizeBytes = length ?? list!.sizeBytes;
  return fileCount === tree!.fileCount && sizeBytes === tree!.sizeBytes ? null : 'hybrid-inconsistent';
}

/** In a hybrid the v1 list is shown: its order is the one that the author chose. */
function* toInfo(fields: Fields): Generator<void, TorrentInfo, void> {
  const rawName = decodeText(chosenName(fields)!);
  const name = cleanName(rawName.text);
  const isSingle = fields.hasV1 && fields.length !== null;
  const source = isSingle ? null : fields.hasV1 ? fields.list! : fields.tree!;
  let { hasBadEncoding } = rawName;
  const files: TorrentFile[] = source
    ? []
    : [{ path: name, sizeBytes: fields.length!, ...attributesOf({ ...fields, linkParts: [] }) }];
  for (const raw of source?.kept ?? []) {
    if (files.length % NAMES_PER_STEP === NAMES_PER_STEP - 1) yield;
    const decoded = raw.parts.map(decodeText);
    hasBadEncoding ||= decoded.some((part) => part.hasBadEncoding);
    const path = cleanPath(decoded.map((part) => part.text));
    files.push({ path, sizeBytes: raw.sizeBytes, ...attributesOf(raw) });
  }
  return {
    name,
    files,
    fileCount: source?.fileCount ?? 1,
    sizeBytes: source?.sizeBytes ?? fields.length!,
    pieceLengthBytes: fields.pieceLength!,
    isPrivate: fields.isPrivate,
    hasV1: fields.hasV1,
    hasV2: fields.hasV2,
    hasBadEncoding,
  };
}

/** BEP 47; where a link points is cleaned like a path, and is never a place to go to. */
function attributesOf({ attributes, linkParts }: Pick<RawFile, 'attributes' | 'linkParts'>): Partial<TorrentFile> {
  if (attributes === '') return {};
  if (!attributes.includes('l')) return { attributes };
  return { attributes, linkTarget: cleanPath(linkParts.map((part) => decodeText(part).text)) };
}

/** `name.utf-8` was written by clients that kept `name` in a charset of their own. */
function chosenName(fields: Fields): Uint8Array | null {
  if (fields.nameUtf8?.length) return fields.nameUtf8;
  return fields.name?.length ? fields.name : null;
}

function isPowerOfTwo(value: number): boolean {
  return 2 ** Math.round(Math.log2(value)) === value;
}

function refuse(reason: InfoProblem): ParsedInfo {
  return { ok: false, reason };
}
