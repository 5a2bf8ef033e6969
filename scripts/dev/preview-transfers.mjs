/* global window, DragEvent, DataTransfer */
// Surfaces of export, import, backup and restore for the preview: name -> { scenario, act(page) }.

const NOTHING = {
  ...{ progress: null, problem: null, summary: null, torrentCount: null, sizeBytes: null },
  ...{ newestAtUnixSeconds: null, asidePath: null },
};
const COUNTS = { newCount: 41_204, mergedCount: 8_120, queuedCount: 310, skippedCount: 27 };
const SUMMARY = {
  ...COUNTS,
  skippedByReason: { damaged: 14, 'bad-infohash': 9, blocked: 3, unreadable: 1 },
  skipped: [
    { fileName: 'everything 2026.jsonl', line: 1204, reason: 'damaged' },
    { fileName: 'everything 2026.jsonl', line: 1833, reason: 'bad-infohash' },
    { fileName: 'locked.csv', line: null, reason: 'unreadable' },
  ],
};
const shown = (transfer) => ({ scenario: { transfer: { ...NOTHING, ...transfer } }, act: cardShown });
const cardShown = (page) => page.getByTestId('transfer').waitFor();

async function openExport(page, words) {
  if (words) await page.getByTestId('search-box').fill(words);
  await page.keyboard.press('Control+e');
  await page.getByTestId('export-go').waitFor();
}

export const TRANSFER_SURFACES = {
  'transfer-importing': shown({
    ...{ kind: 'import', state: 'running', fileName: 'database.sqlite3' },
    progress: { unit: 'bytes', done: 812e6, total: 2.9e9, counts: COUNTS },
  }),
  'transfer-imported': shown({ kind: 'import', state: 'done', fileName: null, summary: SUMMARY }),
  'transfer-import-stopped': shown({
    ...{ kind: 'import', state: 'failed', fileName: 'everything 2026.jsonl', summary: SUMMARY },
    problem: 'The disk that holds the catalogue is full, so new torrents cannot be stored. Free some space.',
  }),
  'transfer-exported': shown({
    ...{ kind: 'export', state: 'done', fileName: 'Lanternfish 2026-11-28.csv', torrentCount: 48_213 },
    sizeBytes: 61e6,
  }),
  'transfer-restored': shown({
    ...{ kind: 'restore', state: 'done', fileName: 'Lanternfish 2026-11-01.lanternfish', torrentCount: 31_007 },
    asidePath: '/home/someone/.local/share/lanternfish/catalogue.db.before-restore-1795862400',
  }),
  'transfer-restoring': {
    scenario: {
      transfer: {
        ...NOTHING,
        ...{ kind: 'restore', state: 'asking', fileName: 'Lanternfish 2026-11-01.lanternfish', torrentCount: 31_007 },
        newestAtUnixSeconds: 1_793_500_000,
      },
    },
    act: (page) => page.getByTestId('restore-confirm').waitFor(),
  },
  'transfer-export': { scenario: {}, act: (page) => openExport(page, '') },
  'transfer-export-results': { scenario: {}, act: (page) => openExport(page, 'sintel') },
  'transfer-drop': {
    scenario: {},
    act: async (page) => {
      await page.getByTestId('result-row').first().waitFor();
      await page.evaluate(() => {
        const dataTransfer = new DataTransfer();
        dataTransfer.items.add(new File(['x'], 'a.torrent'));
        window.dispatchEvent(new DragEvent('dragenter', { dataTransfer, bubbles: true }));
      });
      await page.getByTestId('drop-zone').waitFor();
    },
  },
};
