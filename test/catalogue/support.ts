// Shared by the tests of catalogue/ and store/: temporary folders, made-up torrents, a clock moved by hand.
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Clock, Timer } from '../../main/base/clock.ts';
import type { Catalogue } from '../../main/catalogue/catalogue.ts';
import type { CatalogueRow } from '../../main/catalogue/row-writer.ts';
import { openCatalogue } from '../../main/catalogue/open-catalogue.ts';
import type { Torrent } from '../../main/catalogue/torrent.ts';
import { toCatalogueRow } from '../../main/store/catalogue-row.ts';

/** A path in a fresh folder that is removed after the test. */
export function temporaryPath(name = 'catalogue.db'): string {
  const folder = mkdtempSync(join(tmpdir(), 'lanternfish-catalogue-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, name);
}

export function openAt(databasePath: string): Catalogue {
  const catalogue = openCatalogue({ databasePath, nativeBinding: null });
  onTestFinished(() => catalogue.abandon());
  return catalogue;
}

export function sha1Of(text: string): Uint8Array {
  return new Uint8Array(createHash('sha1').update(text).digest());
}

export function sha256Of(text: string): Uint8Array {
  return new Uint8Array(createHash('sha256').update(text).digest());
}

/** The same torrent for the same `seed`: v1, three files. */
export function madeTorrent(seed: number | string, changes: Partial<Torrent> = {}): Torrent {
  return {
    infohashV1: sha1Of(`v1 ${seed}`),
    infohashV2: null,
    name: `Made Torrent ${seed} S01E02 1080p`,
    sizeBytes: 3_000_000_123,
    fileCount: 3,
    files: [
      { path: `Season 1/episode ${seed}.mkv`, sizeBytes: 3_000_000_000 },
      { path: `Season 1/episode ${seed}.srt`, sizeBytes: 100 },
      { path: 'readme.txt', sizeBytes: 23 },
    ],
    isPrivate: false,
    peersSeen: 4,
    discoveredAtUnixSeconds: 1_790_000_000,
    ...changes,
  };
}

export const madeRow = (seed: number | string, changes: Partial<Torrent> = {}): CatalogueRow =>
  toCatalogueRow(madeTorrent(seed, changes));

/** Infohashes packed as the engine sends them. */
export function packed(infohashes: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(infohashes));
}

export class ManualClock implements Clock {
  #nowMs = 1000;
  #timers: { atMs: number; callback: () => void }[] = [];

  nowMs = (): number => this.#nowMs;
  nowUnixSeconds = (): number => 1_790_000_000 + Math.floor(this.#nowMs / 1000);

  get timerCount(): number {
    return this.#timers.length;
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    const timer = { atMs: this.#nowMs + delayMs, callback };
    this.#timers.push(timer);
    return {
      cancel: () => {
        this.#timers = this.#timers.filter((other) => other !== timer);
      },
    };
  }

  setRepeating(): Timer {
    throw new Error('nothing here repeats by a timer');
  }

  advance(ms: number): void {
    const untilMs = this.#nowMs + ms;
    for (;;) {
      const next = this.#timers.filter(({ atMs }) => atMs <= untilMs).sort((a, b) => a.atMs - b.atMs)[0];
      if (!next) break;
      this.#timers = this.#timers.filter((other) => other !== next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.callback();
    }
    this.#nowMs = untilMs;
  }
}
