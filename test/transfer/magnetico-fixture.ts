// A magnetico database as its versions write it: version 1 (two bare tables) and version 3 (seeders, readmes, full text kept by
// triggers). Made by each test, so that nothing binary is kept.
import Database from 'better-sqlite3';

export interface MagneticoTorrent {
  readonly infohash: Uint8Array;
  readonly name: unknown;
  readonly size: number;
  readonly at: number;
  readonly files: readonly { readonly path: string; readonly size: number }[];
  readonly seeders?: number;
}

const VERSION_1 = `
  CREATE TABLE torrents (
    id INTEGER PRIMARY KEY,
    info_hash BLOB NOT NULL UNIQUE,
    name TEXT NOT NULL,
    total_size INTEGER NOT NULL CHECK(total_size > 0),
    discovered_on INTEGER NOT NULL CHECK(discovered_on > 0)
  );
  CREATE TABLE files (
    id INTEGER PRIMARY KEY,
    torrent_id INTEGER REFERENCES torrents ON DELETE CASCADE ON UPDATE RESTRICT,
    size INTEGER NOT NULL,
    path TEXT NOT NULL
  );
  PRAGMA user_version = 1;`;
const VERSION_3 = `
  ALTER TABLE torrents ADD COLUMN updated_on INTEGER CHECK (updated_on > 0) DEFAULT NULL;
  ALTER TABLE torrents ADD COLUMN n_seeders INTEGER CHECK
    ((updated_on IS NOT NULL AND n_seeders >= 0) OR (updated_on IS NULL AND n_seeders IS NULL)) DEFAULT NULL;
  ALTER TABLE torrents ADD COLUMN n_leechers INTEGER CHECK
    ((updated_on IS NOT NULL AND n_leechers >= 0) OR (updated_on IS NULL AND n_leechers IS NULL)) DEFAULT NULL;
  ALTER TABLE torrents ADD COLUMN modified_on INTEGER NOT NULL
    CHECK (modified_on >= discovered_on AND (updated_on IS NOT NULL OR modified_on >= updated_on)) DEFAULT 32503680000;
  ALTER TABLE files ADD COLUMN is_readme INTEGER CHECK (is_readme IS NULL OR is_readme=1) DEFAULT NULL;
  ALTER TABLE files ADD COLUMN content TEXT
    CHECK ((content IS NULL AND is_readme IS NULL) OR (content IS NOT NULL AND is_readme=1)) DEFAULT NULL;
  CREATE UNIQUE INDEX readme_index ON files (torrent_id, is_readme);
  CREATE INDEX modified_on_index ON torrents (modified_on);
  CREATE VIRTUAL TABLE torrents_idx USING fts5(name, content='torrents', content_rowid='id', tokenize='porter unicode61');
  CREATE TRIGGER torrents_idx_ai_t AFTER INSERT ON torrents BEGIN
    INSERT INTO torrents_idx(rowid, name) VALUES (new.id, new.name);
  END;
  PRAGMA user_version = 3;`;

/** `gapEvery`: ids that are missing, as after deletions. */
export function makeMagnetico(path: string, version: 1 | 3, torrents: readonly MagneticoTorrent[]): void {
  const database = new Database(path);
  database.exec(VERSION_1);
  if (version === 3) database.exec(VERSION_3);
  const insertTorrent = database.prepare(
    version === 1
      ? 'INSERT INTO torrents(info_hash, name, total_size, discovered_on) VALUES(?, ?, ?, ?)'
      : `INSERT INTO torrents(info_hash, name, total_size, discovered_on, updated_on, n_seeders, n_leechers)
         VALUES(?, ?, ?, ?, ?, ?, ?)`,
  );
  const insertFile = database.prepare('INSERT INTO files(torrent_id, size, path) VALUES(?, ?, ?)');
  database.transaction(() => {
    for (const { infohash, name, size, at, files, seeders } of torrents) {
      const counts = seeders === undefined ? [null, null, null] : [at + 60, seeders, 1];
      const { lastInsertRowid } = insertTorrent.run(infohash, name, size, at, ...(version === 3 ? counts : []));
      for (const file of files) insertFile.run(lastInsertRowid, file.size, file.path);
    }
  })();
  database.close();
}
