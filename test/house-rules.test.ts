// The architecture as a test (ARCHITECTURE.md): who may import whom, who owns which outside thing, how files are named and
// how long they may be. A new package or a new room fails until somebody decides where it belongs.
import { describe, expect, test } from 'vitest';
import { findCycles, parseSource, readSources, type Import, type SourceFile } from './house-rules/source-files.ts';

/** What several rooms must agree on is a file of its own; these may be imported without knowing the room around them. */
const TORRENT = 'main/catalogue/torrent.ts';
const ENGINE_CONTRACT = 'main/engine/engine-contract.ts';
const ENGINE_ARGUMENTS = 'main/engine/engine-arguments.ts';
const STORE_CONTRACT = 'main/store/store-contract.ts';
/** Part of it. */
const OWNER_CONTRACT = 'main/store/owner-contract.ts';
/** Part of it, too. */
const SAVED_CONTRACT = 'main/store/saved-contract.ts';
/** Which files are the data: for whoever looks at a folder before it is moved. */
const DATA_FILES = 'main/transfer/data-files.ts';
const TRANSFER_CONTRACT = 'main/transfer/transfer-contract.ts';
const MAGNET_LINK = 'main/catalogue/magnet-link.ts';
const IPC_CONTRACT = 'preload/ipc-contract.ts';
const SETTINGS_CONTRACT = 'preload/settings-contract.ts';
const TRANSFER_IPC = 'preload/transfer-contract.ts';
const CRAWL_CONTRACT = 'preload/crawl-contract.ts';

/** Room -> rooms (folders) and single files that it may import, beside itself. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  'main/base': [],
  'main/stats': ['main/base'],
  'main/wire': ['main/base', TORRENT],
  'main/dht': ['main/base', 'main/wire', 'main/stats'],
  'main/scrape': ['main/base', 'main/wire', 'main/dht', 'main/stats'],
  'main/metadata': ['main/base', 'main/wire', 'main/stats'],
  'main/health': ['main/base', 'main/wire', 'main/dht', 'main/stats', TORRENT],
  'main/catalogue': ['main/base', 'main/stats'],
  'main/search': ['main/base', 'main/stats', TORRENT, STORE_CONTRACT],
  'main/store': ['main/base', 'main/stats', 'main/catalogue', 'main/search'],
  'main/transfer': ['main/base', 'main/stats', 'main/wire', 'main/catalogue', 'main/search', 'main/store'],
  'main/engine': [
    ...['main/base', 'main/wire', 'main/dht', 'main/scrape', 'main/metadata', 'main/health', 'main/stats'],
    ...[TORRENT, STORE_CONTRACT],
  ],
  'main/session': [
    ...['main/base', ENGINE_CONTRACT, ENGINE_ARGUMENTS],
    ...[STORE_CONTRACT, OWNER_CONTRACT, SAVED_CONTRACT, TRANSFER_CONTRACT, TORRENT],
  ],
  'main/app': [
    ...['main/base', 'main/session', MAGNET_LINK, TRANSFER_CONTRACT, DATA_FILES, OWNER_CONTRACT, SAVED_CONTRACT],
    ...[
      ENGINE_CONTRACT,
      ENGINE_ARGUMENTS,
      STORE_CONTRACT,
      IPC_CONTRACT,
      SETTINGS_CONTRACT,
      CRAWL_CONTRACT,
      TRANSFER_IPC,
      TORRENT,
    ],
  ],
  // Entries, by file: the desktop app, and the two commands of the terminal.
  'main/main.ts': ['main/app', 'main/base', 'main/session', ENGINE_CONTRACT, STORE_CONTRACT],
  'main/headless.ts': ['main/base', 'main/session', 'main/engine', 'main/store', 'main/catalogue'],
  'main/search-command.ts': ['main/base', 'main/session', 'main/store', 'main/search', 'main/catalogue'],
  'main/transfer-command.ts': ['main/base', 'main/session', 'main/transfer', 'main/store'],
  preload: [],
  renderer: [IPC_CONTRACT, SETTINGS_CONTRACT, CRAWL_CONTRACT, TRANSFER_IPC],
};

/** Outside thing -> the files or rooms that own it. What is missing here may not be imported at all. */
const OWNERS: Record<string, readonly string[]> = {
  electron: ['main/app', 'main/main.ts', 'preload/preload.ts'],
  'better-sqlite3': ['main/catalogue/open-database.ts'],
  flexsearch: ['main/search/suggestions.ts'],
  bencode: ['main/dht/routing-table-file.ts', 'main/dht/saved-table.ts'], // our own files; the wire has its own scanner
  'electron-updater': ['main/app/updates.ts'],
  valibot: ['main/app', IPC_CONTRACT, SETTINGS_CONTRACT, TRANSFER_IPC],
  svelte: ['renderer'],
  virtua: ['renderer'],
  '@lucide/svelte': ['renderer'],
  'node:dgram': ['main/dht/udp-socket.ts'],
  'node:net': ['main/metadata/transports/tcp-connection.ts'],
  'node:dns/promises': ['main/engine/engine-worker.ts'],
  'node:fs': [
    'main/catalogue/database-files.ts',
    'main/catalogue/page-file.ts', // what SQLite refuses to read
    'main/catalogue/replace-catalogue.ts',
    'main/main.ts',
    'main/headless.ts',
    'main/search-command.ts',
    'main/transfer-command.ts',
    'main/app',
  ],
  'node:fs/promises': [
    'main/base/replace-file.ts',
    'main/dht/routing-table-file.ts',
    'main/store/index-snapshot.ts',
    'main/store/safety-list.ts',
    'main/transfer',
    'main/app',
  ],
  'node:child_process': ['main/app'],
  'node:worker_threads': ['main/base/port.ts', 'main/engine', 'main/store', 'main/transfer', 'main/session'],
  // Digests; eslint keeps randomness in random.ts.
  'node:crypto': ['main/base/random.ts', 'main/dht', 'main/metadata', 'main/transfer', 'main/store/safety-list.ts'],
  'node:os': ['main/app', 'main/engine/engine-worker.ts'],
  // No state, no outside: any room of the main process.
  'node:assert': ['main'],
  'node:buffer': ['main'],
  'node:path': ['main'],
  'node:url': ['main'],
  'node:util': ['main'],
  'node:zlib': ['main'],
};
/** Pure functions of modules that otherwise have an owner. */
const PURE_NAMES: Record<string, readonly string[]> = { 'node:net': ['isIP', 'isIPv4', 'isIPv6'] };

const LINES_MAX = 300;

const sources = readSources(['main', 'preload', 'renderer']);
const scripts = readSources(['scripts']);

describe('who may import whom', () => {
  test('every file belongs to a room of the table', () => {
    expect(sources.map((file) => file.path).filter((file) => roomOf(file) === null)).toEqual([]);
  });

  test('rooms import only what the table allows', () => {
    expect(sources.flatMap(breachesOfRooms)).toEqual([]);
  });

  test('outside things are imported by their owners only, and every package has one', () => {
    expect(sources.flatMap(breachesOfOwners)).toEqual([]);
  });

  test('the window sees types of the contract, never its checks', () => {
    const values = sources
      .filter((file) => file.path.startsWith('renderer/'))
      .flatMap((file) => file.imports.map((entry) => ({ file, entry })))
      .filter(
        ({ entry }) => [IPC_CONTRACT, SETTINGS_CONTRACT, CRAWL_CONTRACT].includes(entry.target) && !entry.isTypeOnly,
      );
    expect(values.map(({ file }) => file.path)).toEqual([]);
  });

  test('no file imports itself in a circle', () => {
    expect(findCycles(sources).map((cycle) => cycle.join(' -> '))).toEqual([]);
  });
});

describe('files', () => {
  test('are named in one casing', () => {
    const kebab = /^[a-z0-9]+(-[a-z0-9]+)*(\.svelte|\.d)?\.(ts|mjs)$/;
    const component = /^[A-Z][A-Za-z0-9]*\.svelte$/;
    const misnamed = [...sources, ...scripts].filter(({ path }) => {
      const folders = path.split('/');
      const name = folders.pop() ?? '';
      return !(kebab.test(name) || component.test(name)) || folders.some((folder) => !/^[a-z0-9-]+$/.test(folder));
    });
    expect(misnamed.map((file) => file.path)).toEqual([]);
  });

  test(`have at most ${LINES_MAX} lines`, () => {
    const long = [...sources, ...scripts].filter((file) => file.lineCount > LINES_MAX);
    expect(long.map((file) => `${file.path}: ${file.lineCount}`)).toEqual([]);
  });

  test('are no barrels and export by name', () => {
    const barrels = sources.filter((file) => file.isBarrel || /(^|\/)index\.ts$/.test(file.path));
    expect(barrels.map((file) => file.path)).toEqual([]);
    expect(sources.filter((file) => file.hasDefaultExport).map((file) => file.path)).toEqual([]);
  });

  test('begin by saying what they are', () => {
    const silent = sources.filter((file) => file.path.endsWith('.ts') && !file.startsWithComment);
    expect(silent.map((file) => file.path)).toEqual([]);
  });
});

describe('the rules themselves', () => {
  const breaches = (file: string, text: string): string[] => {
    const source = parseSource(file, text);
    return [...breachesOfRooms(source), ...breachesOfOwners(source)];
  };

  test('see a breach of each kind', () => {
    expect(breaches('main/scrape/a.ts', "import type { X } from '../metadata/b.ts';")).toHaveLength(1);
    expect(breaches('main/wire/a.ts', "export { x } from '../dht/b.ts';")).toHaveLength(1);
    expect(breaches('main/dht/a.ts', "const x = await import('../engine/b.ts');")).toHaveLength(1);
    expect(breaches('main/dht/a.ts', "import dgram from 'node:dgram';")).toHaveLength(1);
    expect(breaches('main/dht/a.ts', "import { isIP, Socket } from 'node:net';")).toHaveLength(1);
    expect(breaches('main/dht/a.ts', "import leftPad from 'left-pad';")).toHaveLength(1);
    expect(breaches('renderer/A.svelte', "<script>import fs from 'node:fs';</script><p>x</p>")).toHaveLength(1);
    expect(breaches('main/engine/a.ts', "import { Writer } from '../store/store-writer.ts';")).toHaveLength(1);
  });

  test('let through what is allowed', () => {
    expect(breaches('main/dht/a.ts', "import { isIPv6 } from 'node:net';\nimport { x } from '../wire/b.ts';")).toEqual(
      [],
    );
    expect(breaches('main/engine/a.ts', "import type { T } from '../store/store-contract.ts';")).toEqual([]);
  });

  test('find circles', () => {
    const a = parseSource('main/base/a.ts', "import { b } from './b.ts';");
    const b = parseSource('main/base/b.ts', "import { a } from './a.ts';");
    expect(findCycles([a, b])).toEqual([['main/base/a.ts', 'main/base/b.ts', 'main/base/a.ts']]);
    expect(findCycles([a, parseSource('main/base/b.ts', '')])).toEqual([]);
  });
});

function roomOf(file: string): string | null {
  return Object.keys(MAY_IMPORT).find((room) => isWithin(file, room)) ?? null;
}

function isWithin(file: string, roomOrFile: string): boolean {
  return file === roomOrFile || file.startsWith(`${roomOrFile}/`);
}

function breachesOfRooms(file: SourceFile): string[] {
  const room = roomOf(file.path);
  const allowed = room === null ? [] : [room, ...(MAY_IMPORT[room] ?? [])];
  return file.imports
    .filter((entry) => entry.isRelative && !allowed.some((place) => isWithin(entry.target, place)))
    .map((entry) => `${file.path} imports ${entry.target}`);
}

function breachesOfOwners(file: SourceFile): string[] {
  return file.imports
    .filter((entry) => !entry.isRelative && !isPure(entry))
    .filter((entry) => !(OWNERS[entry.target] ?? []).some((owner) => isWithin(file.path, owner)))
    .map((entry) => `${file.path} imports ${entry.target}`);
}

function isPure(entry: Import): boolean {
  const pure = PURE_NAMES[entry.target];
  return pure !== undefined && entry.names.length > 0 && entry.names.every((name) => pure.includes(name));
}
