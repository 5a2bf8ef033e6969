/* global window, document */
// Uses the preview of the window as a person without a mouse does, from the notice to the magnet, and checks what only a
// real page can show: where the focus is, that few rows are drawn, that nothing moves under a reader.
//   node scripts/dev/drive-renderer.mjs
import assert from 'node:assert/strict';
import { NOW_UNIX_SECONDS, openPreview, RUNNING } from './preview-window.mjs';
import { sampleTorrents } from './preview-torrents.mjs';

const preview = await openPreview();
const journeys = { fromNoticeToMagnet, throughTheList, acrossSuggestions, insideDetails, nothingMoves, hugeList };
try {
  for (const [name, journey] of Object.entries(journeys)) {
    await journey();
    console.log(`ok ${name}`);
  }
} finally {
  await preview.close();
}

async function fromNoticeToMagnet() {
  const { page, complaints, close } = await preview.open({ status: { ...RUNNING, state: 'awaiting-consent' } });
  await page.getByTestId('notice').waitFor();
  assert.equal(await focused(page), 'notice-accept');
  await page.keyboard.press('Tab');
  assert.equal(await focused(page), 'notice-later');
  await page.keyboard.press('Shift+Tab');
  await page.keyboard.press('Shift+Tab');
  assert.equal(await focused(page), 'notice-autostart');
  await page.keyboard.press('Space');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.getByTestId('result-row').first().waitFor();
  assert.deepEqual(await callsOf(page, 'acceptNotice'), [{ startWithComputer: true, lookForUpdates: false }]);
  assert.equal(await focused(page), 'search-box', 'the window starts in the search box');
  await page.keyboard.type('sintel');
  await page.keyboard.press('Enter');
  await page.locator('[role=option][aria-selected=true]').waitFor();
  await page.keyboard.press('Enter');
  await page.getByTestId('details-name').waitFor();
  assert.equal(await focused(page), 'details');
  await page.keyboard.press('c');
  assert.equal((await callsOf(page, 'copyMagnet')).length, 1);
  await page.keyboard.press('o');
  await page.getByTestId('magnet-confirm').waitFor();
  assert.equal(await focused(page), 'magnet-cancel', 'the safe answer has the focus');
  await page.keyboard.press('Escape');
  await page.keyboard.press('o');
  await page.getByTestId('magnet-confirm').waitFor();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  const opened = await callsOf(page, 'openMagnet');
  assert.deepEqual(
    opened.map(({ isConfirmed }) => isConfirmed),
    [false, false, true],
  );
  await page.keyboard.press('Escape');
  assert.equal(await page.getByTestId('details').count(), 0);
  assert.equal(await focused(page), 'listbox', 'closing the details gives the focus back to the list');
  assert.deepEqual(complaints, []);
  await close();
}

async function throughTheList() {
  const { page, close } = await preview.open({});
  await page.getByTestId('result-row').first().waitFor();
  await page.keyboard.press('Escape');
  assert.equal(await focused(page), 'listbox', 'Esc leaves an empty search box');
  const steps = [
    ...[
      ['ArrowDown', 0],
      ['ArrowDown', 1],
      ['ArrowUp', 0],
      ['ArrowUp', 0],
      ['PageDown', 11],
      ['PageUp', 0],
    ],
    ...[
      ['End', 99],
      ['Home', 0],
    ],
  ];
  for (const [key, index] of steps) {
    await page.keyboard.press(key);
    await page.waitForTimeout(60);
    assert.equal(await selectedIndex(page), index, key);
  }
  await page.keyboard.press('Space');
  await page.getByTestId('details-name').waitFor();
  assert.equal(await focused(page), 'listbox', 'a quick look leaves the focus in the list');
  const first = await page.getByTestId('details-name').innerText();
  await page.keyboard.press('ArrowDown');
  await page.waitForTimeout(60);
  assert.notEqual(await page.getByTestId('details-name').innerText(), first, 'details follow the selection');
  await page.keyboard.press('Space');
  assert.equal(await page.getByTestId('details').count(), 0);
  await page.keyboard.press('Control+4');
  assert.equal(await page.locator('[aria-pressed=true]').getAttribute('data-type'), 'book');
  await page.keyboard.press('Control+1');
  await page.keyboard.press('Control+Shift+P');
  assert.equal(await page.getByTestId('status-state').innerText(), 'Paused');
  await page.keyboard.press('?');
  await page.getByTestId('shortcut-sheet').waitFor();
  await page.keyboard.press('Escape');
  assert.equal(await page.getByTestId('shortcut-sheet').count(), 0);
  await page.keyboard.press('/');
  assert.equal(await focused(page), 'search-box');
  assert.equal(await page.getByTestId('search-box').inputValue(), '');
  await close();
}

async function acrossSuggestions() {
  const { page, close } = await preview.open({ suggestions: ['Deep Ocean Live Streams', 'Deep Space'] });
  const box = page.getByTestId('search-box');
  await page.keyboard.type('dee?/co');
  assert.equal(await box.inputValue(), 'dee?/co', 'letters that are keys elsewhere are text here');
  await page.keyboard.press('Escape');
  assert.equal(await box.inputValue(), '');
  await page.keyboard.type('deep s');
  await page.getByTestId('completion').waitFor();
  assert.equal(await page.getByTestId('suggestion').count(), 0, 'nothing stands in front of the results');
  await page.keyboard.press('ArrowRight');
  assert.equal(await box.inputValue(), 'deep space', 'right at the end takes the completion');
  await page.keyboard.press('Control+a');
  await page.keyboard.type('de');
  await page.getByTestId('show-suggestions').waitFor();
  await page.keyboard.press('Alt+ArrowDown');
  await page.getByTestId('suggestion').first().waitFor();
  await page.keyboard.press('Escape');
  assert.equal(await box.inputValue(), 'de', 'the first Esc only folds the suggestions');
  await page.keyboard.press('Alt+ArrowDown');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  assert.equal(await box.inputValue(), 'Deep Ocean Live Streams');
  await page.keyboard.press('ArrowDown');
  assert.equal(await focused(page), 'listbox', 'below the box are the results');
  await close();
}

async function insideDetails() {
  const { page, close } = await preview.open({});
  await page.keyboard.type('apollo');
  await page.keyboard.press('Enter');
  await page.locator('[role=option][aria-selected=true]').waitFor();
  await page.keyboard.press('Enter');
  await page.getByTestId('details-name').waitFor();
  await page.getByTestId('file-search').focus();
  await page.keyboard.type('srt');
  await page.waitForTimeout(50);
  const found = await page.locator('[data-testid=file-row] .name').allInnerTexts();
  assert.ok(found.some((name) => name.includes('.srt')));
  await page.keyboard.press('Escape');
  assert.equal(await page.getByTestId('file-search').inputValue(), '', 'Esc clears the file search');
  assert.equal(await page.getByTestId('details').count(), 1, 'and leaves the details open');
  await page.keyboard.press('Tab');
  assert.equal(await focused(page), 'tree');
  const before = await page.getByTestId('file-row').count();
  await page.keyboard.press('ArrowRight');
  await page.waitForTimeout(50);
  assert.ok((await page.locator('[aria-expanded=true]').count()) > 0);
  assert.ok((await page.getByTestId('file-row').count()) >= before);
  await page.keyboard.press('Escape');
  assert.equal(await page.getByTestId('details').count(), 0);
  await close();
}

async function nothingMoves() {
  const { page, close } = await preview.open({});
  const third = page.getByTestId('result-row').nth(2);
  await third.hover();
  const infohash = await third.getAttribute('data-infohash');
  const added = sampleTorrents(700, NOW_UNIX_SECONDS).slice(640, 652);
  await page.evaluate((torrents) => window.preview.add(torrents), added.map(fresh));
  await page.getByTestId('new-pill').waitFor();
  await page.waitForTimeout(2500);
  assert.equal(await third.getAttribute('data-infohash'), infohash);
  assert.match(await page.getByTestId('new-pill').innerText(), /12 new/);
  await page.getByTestId('new-pill').click();
  await page.locator(`[data-infohash="${added[0].infohashHex}"]`).waitFor();
  assert.equal(await page.getByTestId('new-pill').count(), 0);
  await close();
}

async function hugeList() {
  const torrents = sampleTorrents(12_000, NOW_UNIX_SECONDS);
  const { page, complaints, close } = await preview.open({ torrents, status: { ...RUNNING, torrentCount: 12_000 } });
  await page.getByTestId('result-row').first().waitFor();
  await page.keyboard.press('Escape');
  let drawnMax = 0;
  for (let presses = 0; presses < 130; presses += 1) {
    await page.keyboard.press('End');
    await page.waitForTimeout(25);
    drawnMax = Math.max(drawnMax, await page.getByTestId('result-row').count());
  }
  await page.getByText('These are the first 10,000').waitFor();
  assert.ok(drawnMax < 60, `${drawnMax} rows were drawn at once`);
  assert.deepEqual(complaints, []);
  await close();
}

function fresh(torrent, index) {
  return { ...torrent, discoveredAtUnixSeconds: NOW_UNIX_SECONDS + 60 - index };
}

/** The test id of what has the focus, else its role. */
function focused(page) {
  return page.evaluate(() => {
    const { activeElement } = document;
    return activeElement?.dataset.testid ?? activeElement?.getAttribute('role') ?? activeElement?.tagName;
  });
}

async function selectedIndex(page) {
  const at = await page.locator('[role=option][aria-selected=true]').getAttribute('aria-posinset');
  return Number(at) - 1;
}

function callsOf(page, name) {
  return page.evaluate((wanted) => {
    const { calls } = window.preview;
    return calls.filter((call) => call.name === wanted).map((call) => call.input);
  }, name);
}
