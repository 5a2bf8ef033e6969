// A folder for the state file, made anew for each test of the file that asks for it, and removed after it.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';

/** `path` is where the state file belongs in `folder`; nothing is there yet. Both change with each test. */
export function useStateFolder(): { folder: string; path: string } {
  const place = { folder: '', path: '' };
  beforeEach(async () => {
    place.folder = await mkdtemp(join(tmpdir(), 'lanternfish-state-'));
    place.path = join(place.folder, 'state');
  });
  afterEach(() => rm(place.folder, { recursive: true }));
  return place;
}
