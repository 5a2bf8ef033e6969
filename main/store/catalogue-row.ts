// Where catalogue and search meet: a torrent on its way in gets its tokens and type, a stored row on its way out becomes
// a row of an index segment. Pure.
import type { CatalogueRow } from '../catalogue/row-writer.ts';
import type { IndexRow } from '../catalogue/catalogue-reader.ts';
import type { Torrent, TorrentFile } from '../catalogue/torrent.ts';
import { contentTypeOf } from '../search/content-type.ts';
import type { SegmentRow } from '../search/index-segment.ts';
import { extensionOf } from '../search/path-match.ts';
import { EXTENSION_MARK, tokens } from '../search/tokens.ts';
import { CONTENT_TYPES } from './store-contract.ts';
import type { ContentType } from './store-contract.ts';

/** search.md section 10: enough to find a torrent by its files, small enough not to double the index. */
const PATH_TOKENS_MAX = 64;
/** Of these, so many may be extensions. */
const EXTENSIONS_MAX = 16;

export function toCatalogueRow(torrent: Torrent): CatalogueRow {
  // What UTF-8 cannot hold is replaced here and not silently by SQLite, so that index and table see the same name.
  const name = torrent.name.toWellFormed();
  return {
    ...torrent,
    name,
    contentType: CONTENT_TYPES.indexOf(contentTypeOf(name, torrent.files)),
    ...tokenTexts(name, torrent.files),
  };
}

/** The texts of both full-text tables. */
export function tokenTexts(name: string, files: readonly TorrentFile[]): { nameTokens: string; pathTokens: string } {
  const nameTokens = tokens(name);
  return { nameTokens: nameTokens.join(' '), pathTokens: pathTokens(files, new Set(nameTokens)).join(' ') };
}

/** The extensions, then the first PATH_TOKENS_MAX different tokens of the paths that are not in the name. */
function pathTokens(files: readonly TorrentFile[], inName: ReadonlySet<string>): string[] {
  const found = extensionTokens(files);
  for (const file of files) {
    for (const token of tokens(file.path)) {
      if (inName.has(token)) continue;
      found.add(token);
      if (found.size === PATH_TOKENS_MAX) return [...found];
    }
  }
  return [...found];
}

/** For `ext:`, with a mark of their own, so that neither a word of a path nor the name is taken for one. */
function extensionTokens(files: readonly TorrentFile[]): Set<string> {
  const found = new Set<string>();
  for (const file of files) {
    const extension = extensionOf(file.path);
    if (extension !== '') found.add(EXTENSION_MARK + extension);
    if (found.size === EXTENSIONS_MAX) break;
  }
  return found;
}

export function toSegmentRow(row: IndexRow): SegmentRow {
  return { ...row, peersSeen: row.seeders, contentType: contentTypeNamed(row.contentType) };
}

/** A number that a newer version may have written is 'other' here. */
export function contentTypeNamed(contentType: number): ContentType {
  return CONTENT_TYPES[contentType] ?? 'other';
}
