// Names and paths that try something, up to the window: shown as text, marked where they match, opened, and never run. What they
// are stored and found like is test/store/hostile-names.test.ts's.
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openCatalogue } from '../../main/catalogue/open-catalogue.ts';
import { toCatalogueRow } from '../../main/store/catalogue-row.ts';
import { madeTorrent } from '../catalogue/support.ts';
import { launchApp, temporaryFolder, type AppUnderTest, type TemporaryFolder } from './app-under-test.ts';

/** The word at the end finds it. */
const HOSTILE = [
  '<img src=x onerror="globalThis.wasRun=1"> markupword',
  '</script><script>globalThis.wasRun=1</script> scriptword',
  `{@html '<b>x</b>'} {{constructor.constructor('globalThis.wasRun=1')()}} templateword`,
  "Robert'); DROP TABLE torrents;-- sqlword",
  'NEAR(aaa bbb, 5) AND NOT ccc* ^ddd {t}: nearword',
  '\u202Egnp.exe \u2066isolate\u2069 bidiword',
  'nul\0inside nulword',
  '\uD800 lone \uDC00 surrogateword',
  `startword ${'x'.repeat(65_536)}`,
  'javascript:globalThis.wasRun=1 linkword',
] as const;

let folder: TemporaryFolder;
let session: AppUnderTest;

beforeAll(async () => {
  folder = await temporaryFolder('hostile');
  const profile = path.join(folder.path, 'profile');
  await mkdir(profile, { recursive: true });
  await writeFile(path.join(profile, 'settings.json'), JSON.stringify({ consentAtUnixSeconds: 1, isPaused: true }));
  const catalogue = openCatalogue({ databasePath: path.join(folder.path, 'catalogue.db'), nativeBinding: null });
  const torrents = HOSTILE.map((name, seed) => {
    const files = [
      { path: `${name}/one.mkv`, sizeBytes: 10 },
      { path: `other/${name}`, sizeBytes: 20 },
    ];
    return madeTorrent(`hostile ${seed}`, { name, files, fileCount: 2, sizeBytes: 30 });
  });
  catalogue.insertMany(torrents.map(toCatalogueRow));
  catalogue.close();
  session = await launchApp(folder.path, [
    '--bind=127.65.1.1',
    '--bootstrap=127.65.255.1:9',
    '--allow-local-addresses',
  ]);
}, 120_000);

afterAll(async () => {
  await session.quit();
  await folder.remove();
});

describe('a hostile name in the window', () => {
  it.each(HOSTILE)('is text in the list and in the details: %.40s', { timeout: 60_000 }, async (name) => {
    const { page } = session;
    const word = /\w+word/.exec(name)![0];
    await page.getByTestId('search-box').fill(word);
    const row = page.getByTestId('result-row').filter({ hasText: word });
    await row.first().waitFor();
    expect(await row.count()).toBe(1);
    await row.first().click();
    const details = page.getByTestId('details');
    await details.getByText(word).first().waitFor();
    for (const place of [row.first(), details]) {
      const shown = (await place.textContent()) ?? '';
      // As it was stored, but for what has no form in UTF-8 and controls that the window makes visible or leaves out.
      const visible = [...name.toWellFormed()]
        .filter((character) => character > ' ')
        .slice(0, 40)
        .join('');
      const printable = (text: string): string => text.replaceAll(/[\p{Cc}\p{Cf}\s\uFFFD\u2400-\u243F]/gu, '');
      expect(printable(shown)).toContain(printable(visible));
    }
    const found = await page.evaluate(() => ({
      wasRun: 'wasRun' in globalThis,
      images: document.querySelectorAll('img[src="x"]').length,
      scripts: document.querySelectorAll('[role] script, [data-testid="details"] script').length,
      isWide: document.documentElement.scrollWidth > innerWidth,
    }));
    expect(found).toEqual({ wasRun: false, images: 0, scripts: 0, isWide: false });
    expect(session.complaints).toEqual([]);
  });
});
