// Synthetic torrents for demo and tests: v1, v2 and hybrid info dictionaries as real creators write them, with made-up
// piece hashes, for no file data exists. The same seed gives the same torrents. Encoded by npm `bencode`, so that what
// main/wire reads was not written by main/wire.
import { hash } from 'node:crypto';
import bencode from 'bencode';
import type { Bencodable } from 'bencode';
import type { Random } from '../../main/base/random.ts';
import { createSeededRandom } from '../../main/base/random.ts';
import type { Category, PlannedFile } from './titles.ts';
import { CATEGORIES, makeTitle, planFiles } from './titles.ts';

export type TorrentVersion = 'v1' | 'v2' | 'hybrid';

export interface SwarmTorrent {
  readonly name: string;
  readonly category: Category;
  readonly version: TorrentVersion;
  /** The info dictionary, bencoded. */
  readonly info: Uint8Array;
  /** 20 bytes, null without a v1 half. */
  readonly infohashV1: Uint8Array | null;
  /** 32 bytes, null without a v2 half. */
  readonly infohashV2: Uint8Array | null;
  /** What is announced in the DHT: one infohash of 20 bytes, two for a hybrid. */
  readonly infohashes: readonly Uint8Array[];
  /** Without padding, `/` between path parts. */
  readonly files: readonly { readonly path: string; readonly sizeBytes: number }[];
  readonly sizeBytes: number;
  /** Pieces root (latin1) to the hashes of its pieces, for files of more than one piece: what a .torrent file carries (BEP 52). */
  readonly pieceLayers: ReadonlyMap<string, Uint8Array>;
}

export interface TorrentPlan {
  readonly name: string;
  readonly category: Category;
  readonly version: TorrentVersion;
  readonly files: readonly PlannedFile[];
}

const PIECE_LENGTH_BYTES_MIN = 256 * 1024;
const BLOCK_BYTES = 16_384;
/** Creators choose piece lengths so that there are about this many pieces at most. */
const PIECES_MAX = 600;
/** One in five of the pure v2 kind, one in five hybrid: more than in the wild, where both are rare. */
const VERSIONS: readonly TorrentVersion[] = ['v1', 'hybrid', 'v1', 'v2', 'v1'];

export function generateTorrents({ count, seed }: { count: number; seed: number }): SwarmTorrent[] {
  const random = createSeededRandom(seed);
  const names = new Set<string>();
  const torrents: SwarmTorrent[] = [];
  while (torrents.length < count) {
    const index = torrents.length;
    const category = CATEGORIES[index % CATEGORIES.length]!;
    const title = makeTitle(category, random);
    const name = names.has(title) ? `${title} (${index})` : title;
    names.add(name);
    const version = VERSIONS[(index + Math.floor(index / CATEGORIES.length)) % VERSIONS.length]!;
    torrents.push(makeTorrent({ name, category, version, files: planFiles(category, name, random) }, random));
  }
  return torrents;
}

export function makeTorrent(plan: TorrentPlan, random: Random): SwarmTorrent {
  const isSingle = plan.files.length === 1 && plan.files[0]!.path.length === 0;
  // A file tree has its keys in order, and a hybrid lists the same files in the same order.
  const files = isSingle ? plan.files : [...plan.files].sort((a, b) => comparePaths(a.path, b.path));
  const sizeBytes = files.reduce((sum, file) => sum + file.sizeBytes, 0);
  let pieceLength = PIECE_LENGTH_BYTES_MIN;
  while (sizeBytes / pieceLength > PIECES_MAX) pieceLength *= 2;
  const info: Record<string, Bencodable> = { name: plan.name, 'piece length': pieceLength };
  const pieceLayers = new Map<string, Uint8Array>();
  if (plan.version !== 'v1') {
    info['meta version'] = 2;
    info['file tree'] = makeTree({ files, name: plan.name, pieceLength, pieceLayers }, random);
  }
  if (plan.version !== 'v2') addV1(info, { files, isSingle, pieceLength, isHybrid: plan.version === 'hybrid' }, random);
  const raw = bencode.encode(info);
  const infohashV1 = plan.version === 'v2' ? null : new Uint8Array(hash('sha1', raw, 'buffer'));
  const infohashV2 = plan.version === 'v1' ? null : new Uint8Array(hash('sha256', raw, 'buffer'));
  return {
    name: plan.name,
    category: plan.category,
    version: plan.version,
    info: raw,
    infohashV1,
    infohashV2,
    infohashes: [infohashV1, infohashV2?.subarray(0, 20)].filter((infohash) => infohash != null),
    files: files.map((file) => ({ path: isSingle ? plan.name : file.path.join('/'), sizeBytes: file.sizeBytes })),
    sizeBytes,
    pieceLayers,
  };
}

/** The whole .torrent file, as any client reads it; without trackers. The info dictionary goes in byte for byte. */
export function torrentFile(torrent: SwarmTorrent): Uint8Array {
  const layers = new Map<Buffer, Uint8Array>();
  for (const [root, hashes] of torrent.pieceLayers) layers.set(Buffer.from(root, 'latin1'), hashes);
  const afterInfo =
    torrent.version === 'v1' ? [] : ['12:piece layers', bencode.encode(layers as unknown as Bencodable)];
  const parts = ['d4:info', torrent.info, ...afterInfo, 'e'];
  return Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)));
}

interface V1Layout {
  readonly files: readonly PlannedFile[];
  readonly isSingle: boolean;
  readonly isHybrid: boolean;
  readonly pieceLength: number;
}

/** Hybrids begin every file at a piece boundary: padding files fill the gaps (BEP 47, BEP 52). */
function addV1(info: Record<string, Bencodable>, layout: V1Layout, random: Random): void {
  const { files, isSingle, isHybrid, pieceLength } = layout;
  const list: Bencodable[] = [];
  let position = 0;
  files.forEach((file, index) => {
    list.push({ length: file.sizeBytes, path: [...file.path] });
    position += file.sizeBytes;
    const gap = (pieceLength - (position % pieceLength)) % pieceLength;
    if (!isHybrid || gap === 0 || index === files.length - 1) return;
    list.push({ attr: 'p', length: gap, path: ['.pad', String(gap)] });
    position += gap;
  });
  if (isSingle) info['length'] = files[0]!.sizeBytes;
  else info['files'] = list;
  info['pieces'] = random.bytes(20 * Math.ceil(position / pieceLength));
}

interface TreeLayout {
  readonly files: readonly PlannedFile[];
  readonly name: string;
  readonly pieceLength: number;
  readonly pieceLayers: Map<string, Uint8Array>;
}

function makeTree({ files, name, pieceLength, pieceLayers }: TreeLayout, random: Random): Bencodable {
  type Folder = Map<string, Bencodable | Folder>;
  const root: Folder = new Map();
  const emptyPieceHash = zeroPieceHash(pieceLength);
  for (const { path, sizeBytes } of files) {
    let folder = root;
    for (const part of path.length === 0 ? [name] : path) {
      const next = (folder.get(part) as Folder | undefined) ?? (new Map() as Folder);
      folder.set(part, next);
      folder = next;
    }
    const pieceHashes = Array.from({ length: Math.ceil(sizeBytes / pieceLength) }, () => random.bytes(32));
    const piecesRoot = merkleRoot(pieceHashes, emptyPieceHash);
    if (pieceHashes.length > 1) pieceLayers.set(Buffer.from(piecesRoot).toString('latin1'), Buffer.concat(pieceHashes));
    folder.set('', { length: sizeBytes, 'pieces root': piecesRoot });
  }
  return root;
}

/** The root over made-up piece hashes; the tree is filled up to a power of two with empty pieces (BEP 52). */
function merkleRoot(pieceHashes: readonly Uint8Array[], emptyPieceHash: Uint8Array): Uint8Array {
  let level = [...pieceHashes];
  while (level.length & (level.length - 1)) level.push(emptyPieceHash);
  while (level.length > 1) {
    level = Array.from({ length: level.length / 2 }, (_, index) => hashPair(level[2 * index]!, level[2 * index + 1]!));
  }
  return level[0]!;
}

/** The root of one piece whose 16 KiB blocks are all missing: leaves of zeros. */
function zeroPieceHash(pieceLength: number): Uint8Array {
  let node: Uint8Array = new Uint8Array(32);
  for (let bytes = BLOCK_BYTES; bytes < pieceLength; bytes *= 2) node = hashPair(node, node);
  return node;
}

const pair = new Uint8Array(64);

function hashPair(left: Uint8Array, right: Uint8Array): Uint8Array {
  pair.set(left);
  pair.set(right, 32);
  return hash('sha256', pair, 'buffer');
}

function comparePaths(a: readonly string[], b: readonly string[]): number {
  for (let index = 0; index < Math.min(a.length, b.length); index++) {
    const order = Buffer.compare(Buffer.from(a[index]!), Buffer.from(b[index]!));
    if (order !== 0) return order;
  }
  return a.length - b.length;
}
