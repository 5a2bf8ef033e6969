// 'Delete everything': nothing happens without the word, once with it, and the window is empty afterwards.
import { beforeEach, expect, test } from 'vitest';
import { AppController } from '../../renderer/shared/app-controller.svelte.ts';
import { FakeApi, FakeClock, page, rows, start } from './fake-window.ts';

let api: FakeApi;
let app: AppController;
beforeEach(async () => {
  api = new FakeApi();
  app = new AppController({ api: api.api, clock: new FakeClock() });
  void app.start();
  await api.last('getStart').succeed({ ...start, status: { ...start.status, torrentCount: 30 } });
  await api.last('search').succeed(page({ rows: rows(0, 30) }));
});

test('wants the word, and asks once', async () => {
  const { deleting } = app.settingsPage;
  deleting.ask();
  for (const typed of ['', 'delet', 'deleted']) {
    deleting.typed = typed;
    await deleting.confirm(30, 1e6);
  }
  expect(api.count('deleteEverything')).toBe(0);
  deleting.typed = ' Delete ';
  deleting.keepsBlocked = false;
  void deleting.confirm(30, 1e6);
  void deleting.confirm(30, 1e6);
  expect(api.count('deleteEverything')).toBe(1);
  expect(api.last('deleteEverything').input).toEqual({ keepsBlocked: false, forgetsAll: false });
  deleting.close();
  expect(deleting.state).toBe('deleting');
});

test('empties the list at once, also of what was searched', async () => {
  app.search.setText('deep');
  await api.last('search').succeed(page({ rows: rows(0, 3) }));
  const { deleting } = app.settingsPage;
  deleting.ask();
  deleting.typed = 'delete';
  void deleting.confirm(30, 1e6);
  await api.last('deleteEverything').succeed(null);
  expect(deleting.deleted).toEqual({ torrentCount: 30, sizeBytes: 1e6, forgotAll: false });
  await api.last('search').succeed(page({ rows: [] }));
  expect([app.search.text, app.search.length, app.search.hasFoundAny]).toEqual(['', 0, false]);
  expect(app.status?.torrentCount).toBe(0);
});

test('says a problem and stays where it was', async () => {
  const { deleting } = app.settingsPage;
  deleting.ask();
  deleting.typed = 'delete';
  void deleting.confirm(30, 1e6);
  await api.last('deleteEverything').fail('The disk is full.');
  expect([deleting.state, deleting.problem]).toEqual(['asking', 'The disk is full.']);
  expect(app.search.rows).toHaveLength(30);
});
