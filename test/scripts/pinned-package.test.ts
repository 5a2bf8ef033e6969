// The pin of the test runtime's bytes: without it, a stranger decides what runs here.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { PREPARED_RUNTIME, verify } from '../../scripts/prepare-electron-runtime.mjs';

test('other bytes than the pinned ones are refused, with both checksums said', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'lanternfish-pin-'));
  try {
    const file = path.join(folder, 'package.tgz');
    await writeFile(file, 'not what we pinned');
    await expect(verify(file)).rejects.toThrow(
      /not what it was when we pinned it.*\n.*expected sha512-bWBeKf5c7c.*\n.*found/,
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test('the pin is a whole SHA-512', () => {
  const [algorithm, digest = ''] = PREPARED_RUNTIME.integrity.split('-', 2);
  expect([algorithm, Buffer.from(digest, 'base64').length]).toEqual(['sha512', 64]);
});
