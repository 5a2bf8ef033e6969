// A catalogue with a past for windows under test: filled as the app's writer fills it, before the app starts.
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { openCatalogue } from '../../main/catalogue/open-catalogue.ts';
import { TOKENISER_VERSION } from '../../main/search/tokens.ts';
import { toCatalogueRow } from '../../main/store/catalogue-row.ts';
import { Corpus } from '../bench/corpus.ts';

/** Releases of one title. */
export const VARIANTS = ['1080p.WEB-DL.x264', '720p.WEBRip.x265', '2160p.BluRay.HEVC'] as const;
/** Of each variant, and of 'Collected Sea Charts'. */
const FILES = 240;

/** Makes `torrentCount` torrents, the variants among them, in `dataDir`, and settings that were agreed to and pause. */
export async function oldCatalogue(dataDir: string, torrentCount: number, settings: object = {}): Promise<void> {
  const profile = path.join(dataDir, 'profile');
  await mkdir(profile, { recursive: true });
  const agreed = { consentAtUnixSeconds: 1, isPaused: true, ...settings };
  await writeFile(path.join(profile, 'settings.json'), JSON.stringify(agreed));
  const corpus = new Corpus(3);
  const named = [...VARIANTS.map((release) => `Tidal.Lantern.Documentary.2019.${release}`), 'Collected Sea Charts'];
  const torrents = Array.from({ length: torrentCount }, (_, index) => {
    const torrent = corpus.torrent(index);
    const name = named[index];
    if (name === undefined) return torrent;
    const files = Array.from({ length: FILES }, (_file, n) => ({
      path: `${name}/chart ${n}.pdf`,
      sizeBytes: 1000 + n,
    }));
    return { ...torrent, name, files, fileCount: FILES, sizeBytes: FILES * 1000 };
  });
  const catalogue = openCatalogue({ databasePath: path.join(dataDir, 'catalogue.db'), nativeBinding: null });
  catalogue.tokens.beginRefill(TOKENISER_VERSION);
  for (let from = 0; from < torrentCount; from += 500) {
    catalogue.insertMany(torrents.slice(from, from + 500).map(toCatalogueRow));
  }
  catalogue.close();
}
