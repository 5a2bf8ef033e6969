// The copy of a data folder: whole and compared, or not there at all.
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { SmallDisk, smallDiskProblem } from '../store/small-disk.ts';
import { startRig, temporaryFolder } from './support.ts';

function filledFolder(): string {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'dht-state.benc'), 'tables');
  writeFileSync(join(folder, 'catalogue.db.damaged-17'), Buffer.alloc(3_000_000, 7));
  writeFileSync(join(folder, 'holiday.jpg'), 'mine');
  return folder;
}

test('takes every file of ours, says how far it is, and leaves the source alone', async () => {
  const fromDir = filledFolder();
  const rig = startRig(fromDir);
  rig.writer.stop();
  const before = readdirSync(fromDir).toSorted();
  const targetDir = join(temporaryFolder(), 'Lanternfish');
  const result = await rig.result({ kind: 'move', fromDir, targetDir });
  const names = ['catalogue.db', 'catalogue.db.damaged-17', 'dht-state.benc'];
  expect(readdirSync(targetDir).toSorted()).toEqual([...names, 'moved-from.json']);
  for (const name of names)
    expect(readFileSync(join(targetDir, name)).equals(readFileSync(join(fromDir, name)))).toBe(true);
  expect(readdirSync(fromDir).toSorted()).toEqual(before);
  expect(result).toMatchObject({ targetDir, sizeBytes: expect.any(Number) as number });
  const shares = rig.progress.map(({ done, total }) => done / total!);
  expect(shares).toEqual(shares.toSorted((a, b) => a - b));
  expect(rig.progress.every(({ total }) => total === rig.progress[0]!.total && total! >= 3_000_000)).toBe(true);
});

test('that is cancelled, or has something in its way, leaves nothing of itself', async () => {
  const fromDir = filledFolder();
  const rig = startRig(fromDir);
  rig.writer.stop();
  const parent = temporaryFolder();
  const targetDir = join(parent, 'Lanternfish');
  const word = await rig.run({ kind: 'move', fromDir, targetDir }, (_, cancel) => cancel());
  expect([word.type, readdirSync(parent)]).toEqual(['cancelled', []]);
  mkdirSync(targetDir);
  writeFileSync(join(targetDir, 'thesis.doc'), 'mine');
  const failed = await rig.run({ kind: 'move', fromDir, targetDir });
  expect(failed.type).toBe('failed');
  expect([readdirSync(parent), readdirSync(targetDir)]).toEqual([['Lanternfish'], ['thesis.doc']]);
});

test.skipIf(smallDiskProblem !== null)(
  'ends in a sentence where the disk has too little room, or gets full under it, and leaves nothing there',
  { timeout: 60_000 },
  async () => {
    const fromDir = temporaryFolder();
    writeFileSync(join(fromDir, 'catalogue.db'), Buffer.alloc(20_000_000, 7));
    const move = async (options: string): Promise<{ said: string; left: string[] }> => {
      const disk = new SmallDisk();
      const files = [join(import.meta.dirname, 'move-full-child.ts'), fromDir, join(disk.folder, 'Lanternfish')];
      const child = disk.run(options, [process.execPath, ...files]);
      let printed = '';
      child.stdout!.on('data', (text: Buffer) => {
        printed += text.toString();
        if (printed === 'copying\n') disk.remount('size=8m');
      });
      await once(child, 'close');
      return JSON.parse(printed.trimEnd().split('\n').at(-1)!) as { said: string; left: string[] };
    };
    const tooSmall = await move('size=90m');
    expect(tooSmall.said).toMatch(
      /not enough room .* 120 MB are needed and \d+ MB are free\. Everything is where it was/,
    );
    const full = await move('size=200m');
    expect(full.said).toMatch(/not enough room/);
    expect([tooSmall.left, full.left, readdirSync(fromDir)]).toEqual([[], [], ['catalogue.db']]);
  },
);
