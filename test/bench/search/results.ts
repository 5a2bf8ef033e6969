// What the parts found, as files beside the kept corpus, so that a part can be run alone and the table still be whole.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { keptFolder } from './kept-catalogue.ts';
import { PART_NAMES, type PartName, type PartResults } from './parts.ts';

const folderOf = (torrentCount: number): string => join(keptFolder(torrentCount), 'results');
const fileOf = (torrentCount: number, part: PartName): string => join(folderOf(torrentCount), `${part}.json`);

export function keepResult(torrentCount: number, part: PartName, result: PartResults[PartName]): void {
  mkdirSync(folderOf(torrentCount), { recursive: true });
  writeFileSync(fileOf(torrentCount, part), JSON.stringify({ atMs: Date.now(), result }));
}

export function forgetResult(torrentCount: number, part: PartName): void {
  rmSync(fileOf(torrentCount, part), { force: true });
}

export interface KeptResults {
  readonly found: Partial<PartResults>;
  /** When each was measured. */
  readonly atMs: Partial<Record<PartName, number>>;
}

/** Parts that were never run are missing. */
export function keptResults(torrentCount: number): KeptResults {
  const found: Record<string, unknown> = {};
  const atMs: Partial<Record<PartName, number>> = {};
  for (const part of PART_NAMES) {
    const file = fileOf(torrentCount, part);
    if (!existsSync(file)) continue;
    const kept = JSON.parse(readFileSync(file, 'utf8')) as { atMs: number; result: unknown };
    found[part] = kept.result;
    atMs[part] = kept.atMs;
  }
  return { found, atMs };
}
