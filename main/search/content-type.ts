// Guesses what a torrent holds: by the file name extensions, weighted by size, then by hints in the name.
// A guess for a filter in the window, nothing that anything depends on; any input gives an answer.
import type { TorrentFile } from '../catalogue/torrent.ts';
import type { ContentType, TypeReason } from '../store/store-contract.ts';

/** Files looked at; the share of the rest is not worth the time. */
const FILES_READ_MAX = 500;
/** A type must hold this share of the bytes that have a known extension. */
const SHARE_MIN = 0.4;

const EXTENSIONS: Readonly<Record<Exclude<ContentType, 'other'>, string>> = {
  video: 'mkv mp4 avi mov wmv flv webm mpg mpeg m2ts mts ts vob m4v ogv rm rmvb 3gp divx asf f4v mxf ifo bdmv strm',
  audio: 'mp3 flac m4a m4b aac ogg oga opus wav wma ape alac aif aiff dsf dff wv mka mid midi ac3 dts tta mpc cue',
  book: 'epub pdf mobi azw azw3 djvu djv cbr cbz cb7 fb2 lit doc docx odt rtf chm ibooks pdb prc txt',
  software: 'exe msi dmg pkg deb rpm apk ipa appimage jar sh bat dll so app xapk msix vhd vmdk ova qcow2 img wim',
  image: 'jpg jpeg jpe png gif webp bmp tif tiff heic heif avif psd cr2 nef arw dng svg',
  archive: 'zip rar 7z tar gz tgz bz2 xz zst lz cab ace arj lzh sit',
  game: 'nsp xci nsz rvz wbfs gcm cia 3ds nds gba gbc nes sfc n64 z64 pak pck vpk uasset cso chd xiso rpf forge',
};

const TYPE_OF_EXTENSION: ReadonlyMap<string, ContentType> = new Map(
  Object.entries(EXTENSIONS).flatMap(([type, list]) =>
    list.split(' ').map((extension) => [extension, type as ContentType] as const),
  ),
);

/** First match wins: the surest words come first. */
const NAME_HINTS: readonly (readonly [ContentType, RegExp])[] = [
  [
    'game',
    /\b(fitgirl|dodi|repack-?mechanics|skidrow|codex|tenoke|rune|razor1911|gog|goty|elamigos|xatab|steamrip)\b/i,
  ],
  ['game', /\b(nsw|switch|ps[2345x]|psp|xbox(360)?|nintendo|pc game|eshop)\b.*\b(nsp|xci|iso|game|update|dlc)\b/i],
  ['video', /\b(s\d{1,2}e\d{1,3}|s\d{2}|\d{3,4}p|2160p|4k|web-?dl|web-?rip|blu-?ray|bd-?rip|dvd-?rip|hdtv|xvid)\b/i],
  ['video', /\b(x26[45]|h\.?26[45]|hevc|av1|remux|dvd[59r]|vostfr|season \d+)\b|第\d+[話集]|全\d+[話集]/i],
  ['audio', /\b(flac|mp3|320 ?kbps|v0|24-?bit|discography|ost|soundtrack|vinyl|lossless|audiobook|m4b)\b/i],
  ['book', /\b(epub|mobi|azw3|pdf|e-?book|cbr|cbz|fb2|manga|comics?|magazine)\b/i],
  ['software', /\b(x64|x86|amd64|x86_64|arm64|win(dows)?|mac ?os|linux|portable|keygen|crack(ed)?|activator)\b/i],
  ['software', /\b(multilingual|setup|installer|ubuntu|debian|fedora|adobe|microsoft|office|v\d+\.\d+(\.\d+)*)\b/i],
];

/** The most likely type of a torrent called `name` with these files. */
export function contentTypeOf(name: string, files: readonly TorrentFile[]): ContentType {
  return explainContentType(name, files).contentType;
}

/** The same with the reason. */
export function explainContentType(
  name: string,
  files: readonly TorrentFile[],
): { readonly contentType: ContentType; readonly reason: TypeReason } {
  const tally = new ByteTally(files.length === 0 ? [{ path: name, sizeBytes: 1 }] : files);
  const byFiles = tally.largestType();
  const isSure = byFiles !== null && byFiles !== 'archive' && tally.knownShare >= SHARE_MIN;
  // Most torrents end here: looking for words in the name would take as long as all the rest.
  if (isSure && byFiles !== 'software') return { contentType: byFiles, reason: tally.reasonFor(byFiles) };
  const byName = typeByName(name);
  const named = byName && { contentType: byName.type, reason: { kind: 'name', word: byName.word } as const };
  const filed = byFiles && { contentType: byFiles, reason: tally.reasonFor(byFiles) };
  // Programs and games look alike on disk; only the name tells a game. An archive can hold anything: the name comes first.
  if (byFiles === 'software' && byName?.type === 'game') return named!;
  if (isSure) return filed!;
  return named ?? filed ?? { contentType: 'other', reason: { kind: 'nothing' } };
}

/** Bytes by type and by extension. */
class ByteTally {
  readonly #bytesOf = new Map<ContentType, number>();
  readonly #bytesOfExtension = new Map<string, number>();
  #knownBytes = 0;
  #allBytes = 0;

  constructor(files: readonly TorrentFile[]) {
    for (const file of files.slice(0, FILES_READ_MAX)) {
      // An empty file still says something by its name.
      const bytes = Math.max(1, file.sizeBytes);
      this.#allBytes += bytes;
      const extension = extensionOf(file.path);
      const type = typeOfExtension(extension);
      if (type === undefined) continue;
      this.#knownBytes += bytes;
      this.#bytesOf.set(type, (this.#bytesOf.get(type) ?? 0) + bytes);
      this.#bytesOfExtension.set(extension, (this.#bytesOfExtension.get(extension) ?? 0) + bytes);
    }
  }

  /** Of all bytes, the share with an extension that says something. */
  get knownShare(): number {
    return this.#knownBytes / this.#allBytes;
  }

  largestType(): ContentType | null {
    const [type, bytes] = largest(this.#bytesOf);
    return type !== null && bytes >= this.#knownBytes * SHARE_MIN ? type : null;
  }

  reasonFor(type: ContentType): TypeReason {
    const ofType = new Map([...this.#bytesOfExtension].filter(([extension]) => typeOfExtension(extension) === type));
    const [extension, bytes] = largest(ofType);
    // Never '0 %' of what decided.
    return {
      kind: 'files',
      extension: extension ?? '',
      percent: Math.max(1, Math.round((100 * bytes) / this.#allBytes)),
    };
  }
}

/** `.r00`, `.r01`, ... are the parts of an archive. */
const typeOfExtension = (extension: string): ContentType | undefined =>
  TYPE_OF_EXTENSION.get(extension) ?? (/^(r|z)\d\d$/.test(extension) ? 'archive' : undefined);

/** Lower case, without the dot; empty if there is none or it is too long to be one. */
function extensionOf(path: string): string {
  const dot = path.lastIndexOf('.');
  if (dot < 0 || path.length - dot > 10 || path.indexOf('/', dot) >= 0) return '';
  return path.slice(dot + 1).toLowerCase();
}

function largest<Key>(bytesOf: ReadonlyMap<Key, number>): [Key | null, number] {
  let best: [Key | null, number] = [null, 0];
  for (const [key, bytes] of bytesOf) if (bytes > best[1]) best = [key, bytes];
  return best;
}

function typeByName(name: string): { readonly type: ContentType; readonly word: string } | null {
  // Dots and underscores stand for spaces in release names, and `_` is a letter to \b.
  const readable = name.slice(0, 512).replaceAll('_', ' ');
  for (const [type, pattern] of NAME_HINTS) {
    const found = pattern.exec(readable);
    if (found !== null) return { type, word: found[1] ?? found[0] };
  }
  return null;
}
