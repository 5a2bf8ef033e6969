// Where the data is: what choosing a folder means, what a start makes of a folder that is missing, and what is tidied away.
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../main/base/clock.ts';
import { foldersFor, planMove, removeMovedFrom } from '../../main/app/data-place.ts';
import { SimulatedClock } from '../simulation/simulated-clock.ts';

let root: string;
let current: string;
let other: string;
const make = async (folder: string, names: Record<string, string>): Promise<string> => {
  await mkdir(folder, { recursive: true });
  for (const [name, text] of Object.entries(names)) await writeFile(path.join(folder, name), text);
  return folder;
};
beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'lanternfish-place-'));
  current = await make(path.join(root, 'current'), { 'catalogue.db': '12345', 'dht-state.benc': 'd', 'mine.txt': 'x' });
  other = await make(path.join(root, 'other'), {});
});
afterEach(() => rm(root, { recursive: true }));

describe('choosing a folder', () => {
  it('means a folder of our own in it, and leaves nothing behind', async () => {
    await make(other, { 'holiday.jpg': 'x' });
    const targetDir = path.join(other, 'Lanternfish');
    expect(await planMove(other, current)).toEqual({ kind: 'move', targetDir, sizeBytes: 6 });
    expect(await readdir(other)).toEqual(['holiday.jpg']);
  });

  it('that holds another catalogue means to use that one', async () => {
    const targetDir = await make(path.join(other, 'Lanternfish'), { 'catalogue.db': '123' });
    expect(await planMove(other, current)).toEqual({ kind: 'use', targetDir, sizeBytes: 3 });
    expect(await planMove(targetDir, current)).toEqual({ kind: 'use', targetDir, sizeBytes: 3 });
  });

  it('takes away a whole copy of ours that a kill kept from being taken over, and begins anew', async () => {
    const targetDir = await make(path.join(other, 'Lanternfish'), {
      'catalogue.db': '12345',
      'moved-from.json': JSON.stringify({ folder: current, files: [] }),
    });
    expect(await planMove(other, current)).toMatchObject({ kind: 'move', targetDir });
    expect(await readdir(other)).toEqual([]);
  });

  it('is refused with a sentence where it makes no sense', async () => {
    await make(path.join(current, 'inner'), {});
    const taken = await make(path.join(root, 'taken'), {});
    await make(path.join(taken, 'Lanternfish'), { 'thesis.doc': 'x' });
    for (const [folder, reason] of [
      [current, /in use/],
      [path.join(current, 'inner'), /inside the one/],
      [taken, /other files/],
      [path.join(root, 'gone'), /written into .*ENOENT/],
      ['/proc', /Nothing can be written/],
    ] as const) {
      const plan = await planMove(folder, current);
      expect(plan.kind === 'refused' ? plan.problem : plan).toMatch(reason);
    }
  });
});

describe('a start', () => {
  const standard = () => ({ profileDir: path.join(root, 'profile'), dataDir: current });

  it('uses the chosen folder while it is there, and says so and works where it is not', async () => {
    expect(await foldersFor(standard(), null, systemClock)).toEqual({ folders: standard(), notice: null });
    const there = await foldersFor(standard(), await make(other, { 'catalogue.db': 'x' }), systemClock);
    expect(there).toEqual({ folders: { ...standard(), dataDir: other }, notice: null });
    // A drive that is not mounted leaves an empty folder, or none.
    for (const folder of [await make(path.join(root, 'empty'), {}), path.join(root, 'gone')]) {
      const away = await foldersFor(standard(), folder, systemClock);
      expect(away.folders).toEqual(standard());
      expect(away.notice).toContain(folder);
    }
  });

  it('does not wait for a folder that never answers, as a network’s may not', async () => {
    const clock = new SimulatedClock();
    const place = foldersFor(standard(), other, clock, () => new Promise(() => undefined));
    clock.advance(10_000);
    expect(await place).toMatchObject({ folders: standard(), notice: expect.stringContaining(other) as string });
  });

  it('removes what was moved away if it is as it was, and nothing that is not ours', async () => {
    const files = [{ name: 'catalogue.db', sizeBytes: 5 }];
    const mark = { 'catalogue.db': '12345', 'moved-from.json': JSON.stringify({ folder: current, files }) };
    await make(other, mark);
    await removeMovedFrom(other);
    expect([await readdir(current), await readdir(other)]).toEqual([['mine.txt'], ['catalogue.db']]);
    await make(current, { 'catalogue.db': 'longer than it was' });
    await make(other, mark);
    await removeMovedFrom(other);
    expect((await readdir(current)).toSorted()).toEqual(['catalogue.db', 'mine.txt']);
  });

  it.each(['no json', '{"folder": 3}', '{"folder": "relative", "files": []}', '{"folder": "/", "files": 1}'])(
    'does nothing on the word of a mark that makes no sense: %s',
    async (text) => {
      await make(other, { 'catalogue.db': '1', 'moved-from.json': text });
      await removeMovedFrom(other);
      expect(await readdir(current)).toContain('catalogue.db');
    },
  );
});
