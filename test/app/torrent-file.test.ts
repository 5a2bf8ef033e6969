// A .torrent file on disk: its name, its bytes, and what was there before.
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { torrentAround, writeTorrentFile } from '../../main/app/torrent-file.ts';
import { torrentFileName } from '../../main/app/torrent-file-name.ts';

test.each([
  ['Plain name', 'Plain name.torrent'],
  ['../../etc/passwd', 'etc passwd.torrent'],
  ['..\\..\\autorun', 'autorun.torrent'],
  ['.hidden', 'hidden.torrent'],
  ['a:b*c?"<d>|e', 'a b c d e.torrent'],
  ['CON', '_CON.torrent'],
  ['com1.txt', '_com1.txt.torrent'],
  ['tail. . .', 'tail.torrent'],
  ['\u202egnp.exe\u0000\n', 'gnp.exe.torrent'],
  ['資料 🐟', '資料 🐟.torrent'],
  ['///', 'fallback.torrent'],
  ['', 'fallback.torrent'],
  ['🐟'.repeat(300), `${'🐟'.repeat(120)}.torrent`],
])('%j is saved as %j', (name, expected) => {
  expect(torrentFileName(name, 'fallback')).toBe(expected.replace('a b c d e', 'a b c d e'));
});

test('never over another file, unless the person agreed; nothing is left beside it', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'lanternfish-file-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = path.join(folder, 'x.torrent');
  const bytes = torrentAround(Buffer.from('d4:name1:xe'));
  expect(Buffer.from(bytes).toString()).toBe('d4:infod4:name1:xee');
  await writeTorrentFile(file, bytes, false);
  expect(await readFile(file)).toEqual(Buffer.from(bytes));
  await writeFile(file, 'precious');
  await expect(writeTorrentFile(file, bytes, false)).rejects.toThrow(/EEXIST/);
  expect(await readFile(file, 'utf8')).toBe('precious');
  await writeTorrentFile(file, bytes, true);
  expect(await readFile(file)).toEqual(Buffer.from(bytes));
  await expect(writeTorrentFile(path.join(folder, 'no', 'x'), bytes, false)).rejects.toThrow(/ENOENT/);
  expect(await readdir(folder)).toEqual(['x.torrent']);
});
