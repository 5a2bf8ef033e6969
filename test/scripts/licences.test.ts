// The file of licences is made of what the bundles hold: each library once, with its text, or with where that is to be found.
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { licencesFile, licencesText, LISTED_IN } from '../../scripts/licences.mjs';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'lanternfish-licences-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function put(path: string, content: string | object): Promise<void> {
  await mkdir(join(root, path, '..'), { recursive: true });
  await writeFile(join(root, path), typeof content === 'string' ? content : JSON.stringify(content));
}

test('the bundles that are there, and what is shipped beside them, end in one file', async () => {
  const shared = { name: 'shared', version: '1.0.0', identifier: 'MIT', text: 'Text of shared' };
  await put(`out/main/${LISTED_IN}`, [shared, { name: 'textless', version: '2.0.0', identifier: 'ISC' }]);
  await put(`out/renderer/${LISTED_IN}`, [shared, { name: 'lamps', version: '3.1.0', text: 'Text\r\nof lamps' }]);
  await put('node_modules/textless/package.json', { repository: { url: 'git+https://example.org/textless.git' } });
  await put('node_modules/native/package.json', { name: 'native', version: '4.0.0', license: 'BSD-3-Clause' });
  await put('node_modules/native/COPYING.txt', 'Text of native');

  const plugin = licencesFile({ root, external: ['native'] });
  await (plugin.closeBundle as () => Promise<void>)();
  const text = await readFile(join(root, 'out', 'licences.txt'), 'utf8');

  const titles = ['lamps 3.1.0', 'native 4.0.0 (BSD-3-Clause)', 'shared 1.0.0 (MIT)', 'textless 2.0.0 (ISC)'];
  expect(text).toContain(titles.map((title) => `  ${title}`).join('\n'));
  for (const title of titles) expect(text.split(`\n${title}\n`)).toHaveLength(2);
  expect(text).toContain('Text\nof lamps\n');
  expect(text.split('Text of shared')).toHaveLength(2);
  expect(text).toContain('Text of native');
  expect(text).toContain('Licence: ISC. No text comes with the package.\nFrom: https://example.org/textless');
});

test('a library that does not even name its licence is in it, too', () => {
  expect(licencesText([{ name: 'shy', version: '0.1.0' }])).toContain('Licence: not named.');
});
