// The window as a whole: the notice before anything, pause and resume, magnets that ask once, details, suggestions.
import { beforeEach, describe, expect, test } from 'vitest';
import { AppController } from '../../renderer/shared/app-controller.svelte.ts';
import { FakeApi, FakeClock, page, row, rows, start, status } from './fake-window.ts';

let api: FakeApi;
let clock: FakeClock;
let app: AppController;
beforeEach(() => {
  api = new FakeApi();
  clock = new FakeClock();
  app = new AppController({ api: api.api, clock });
});

async function started(facts: Partial<typeof start> = {}): Promise<void> {
  void app.start();
  await api.last('getStart').succeed({ ...start, ...facts });
  await api.last('search').succeed(page({ rows: rows(0, 30) }));
}

describe('start', () => {
  test('listens before it asks, and an event that came first is not overwritten', async () => {
    void app.start();
    expect(api.listenerCount()).toBeGreaterThan(3);
    api.emit('status', { ...status, nodes: 9 });
    await api.last('getStart').succeed(start);
    expect(app.status?.nodes).toBe(9);
  });

  test('a problem is said, and trying again does not listen twice', async () => {
    void app.start();
    const listening = api.listenerCount();
    await api.last('getStart').fail('The catalogue is locked.');
    expect(app.startProblem).toBe('The catalogue is locked.');
    void app.start();
    expect(app.startProblem).toBeNull();
    expect(api.listenerCount()).toBe(listening);
  });

  test('stop ends every subscription and timer', async () => {
    await started();
    app.stop();
    clock.pass(1000); // the count that is read out
    expect(api.listenerCount()).toBe(0);
    expect(clock.timerCount).toBe(0);
  });

  test('arrivals move the total at once and the ages with them', async () => {
    await started();
    clock.pass(3000);
    api.emit('torrentsAdded', { addedCount: 4, torrentCount: 34 });
    expect(app.status?.torrentCount).toBe(34);
    expect(app.nowUnixSeconds).toBe(clock.nowUnixSeconds());
    expect(app.search.waitingNewCount).toBe(4);
  });
});

describe('the notice', () => {
  const unaccepted = { status: { ...status, state: 'awaiting-consent' as const } };

  test('is shown until accepted, and accepting says what was chosen', async () => {
    await started(unaccepted);
    expect(app.isNoticeShown).toBe(true);
    void app.acceptNotice({ startWithComputer: true, lookForUpdates: false });
    void app.acceptNotice({ startWithComputer: true, lookForUpdates: false });
    expect(api.count('acceptNotice')).toBe(1);
    expect(app.isNoticeShown).toBe(true);
    await api.last('acceptNotice').succeed(null);
    expect(api.last('acceptNotice').input).toEqual({ startWithComputer: true, lookForUpdates: false });
    expect(app.isNoticeShown).toBe(false);
    expect(app.status?.state).toBe('starting');
  });

  test('stays when it could not be accepted', async () => {
    await started(unaccepted);
    void app.acceptNotice({ startWithComputer: false, lookForUpdates: false });
    await api.last('acceptNotice').fail('The settings could not be written.');
    expect(app.isNoticeShown).toBe(true);
    expect(app.magnets.toast).toBe('The settings could not be written.');
  });

  test('put off, nothing is called, and the switch brings it back instead of resuming', async () => {
    await started(unaccepted);
    app.isNoticePutOff = true;
    expect(app.isNoticeShown).toBe(false);
    await app.togglePause();
    expect(app.isNoticeShown).toBe(true);
    expect(api.count('setPaused')).toBe(0);
    expect(api.count('acceptNotice')).toBe(0);
  });
});

test('pause and resume ask for the other state than the one shown', async () => {
  await started();
  void app.togglePause();
  expect(api.last('setPaused').input).toEqual({ isPaused: true });
  api.emit('status', { ...status, state: 'paused' });
  void app.togglePause();
  expect(api.last('setPaused').input).toEqual({ isPaused: false });
});

test('a setting that the app refuses goes back, and nothing beside it', async () => {
  await started();
  void app.settings.change({ theme: 'dark' });
  void app.settings.change({ pace: 'fast' });
  expect(app.settings.current).toMatchObject({ theme: 'dark', pace: 'fast' });
  await api.calls.find(({ name }) => name === 'changeSettings')!.fail('The settings could not be written.');
  expect(app.settings.current).toMatchObject({ theme: 'system', pace: 'fast' });
  expect(app.magnets.toast).toBe('The settings could not be written.');
});

describe('magnets', () => {
  const infohashHex = row(1).infohashHex;

  test('opening asks first; agreeing calls again, confirmed', async () => {
    await started();
    void app.magnets.openMagnet(infohashHex);
    expect(api.last('openMagnet').input).toEqual({ infohashHex, isConfirmed: false });
    await api.last('openMagnet').succeed('needs-consent');
    expect(app.magnets.askingAbout).toBe(infohashHex);
    void app.magnets.confirmOpen();
    expect(app.magnets.askingAbout).toBeNull();
    expect(api.last('openMagnet').input).toEqual({ infohashHex, isConfirmed: true });
    await api.last('openMagnet').succeed('opened');
    expect(app.magnets.mayOpen).toBe(true);
  });

  test('declining calls nothing', async () => {
    await started();
    void app.magnets.openMagnet(infohashHex);
    await api.last('openMagnet').succeed('needs-consent');
    app.magnets.cancelOpen();
    await app.magnets.confirmOpen();
    expect(api.count('openMagnet')).toBe(1);
  });

  test('no client, a problem and success are each said for four seconds', async () => {
    await started();
    void app.magnets.openMagnet(infohashHex);
    await api.last('openMagnet').succeed('no-client');
    expect(app.magnets.toast).toMatch(/No program here opens magnet links/);
    clock.pass(3000);
    void app.magnets.copyMagnet(infohashHex);
    await api.last('copyMagnet').succeed(null);
    expect(app.magnets.toast).toBe('Magnet link copied');
    clock.pass(3000);
    expect(app.magnets.toast).toBe('Magnet link copied');
    clock.pass(1000);
    expect(app.magnets.toast).toBeNull();
  });
});

describe('details', () => {
  const details = (seed: number): object => ({ ...row(seed), files: [] });

  test('the latest asked for is the one shown, and the one before stays until then', async () => {
    void app.details.open(row(1).infohashHex);
    await api.last('getDetails').succeed(details(1));
    void app.details.open(row(2).infohashHex);
    const older = api.last('getDetails');
    void app.details.open(row(3).infohashHex);
    expect(app.details.details?.infohashHex).toBe(row(1).infohashHex);
    await api.last('getDetails').succeed(details(3));
    await older.succeed(details(2));
    expect(app.details.details?.infohashHex).toBe(row(3).infohashHex);
  });

  test('closed before the answer stays closed', async () => {
    void app.details.open(row(1).infohashHex);
    app.details.close();
    await api.last('getDetails').succeed(details(1));
    expect(app.details.isOpen).toBe(false);
    expect(app.details.details).toBeNull();
  });

  test('a torrent that is gone, and a failure, are said; asking again is possible', async () => {
    void app.details.open(row(1).infohashHex);
    await api.last('getDetails').succeed(null);
    expect(app.details.problem).toBe('This torrent is no longer in the catalogue.');
    void app.details.open(row(1).infohashHex);
    await api.last('getDetails').fail('Closed.');
    expect(app.details.problem).toBe('The details could not be read. Closed.');
  });
});

describe('suggestions', () => {
  test('the latest wins, what is typed already is left out, six at most', async () => {
    void app.suggestions.typed('de');
    const older = api.last('suggest');
    void app.suggestions.typed('deep');
    await api.last('suggest').succeed(['Deep', 'a', 'b', 'c', 'c', 'd', 'e', 'f', 'g']);
    await older.succeed(['old']);
    expect(app.suggestions.titles).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
  });

  test('closing makes an answer on its way come to nothing; one letter asks nothing', async () => {
    void app.suggestions.typed('de');
    app.suggestions.close();
    await api.last('suggest').succeed(['Deep']);
    expect(app.suggestions.titles).toEqual([]);
    void app.suggestions.typed('d');
    expect(api.count('suggest')).toBe(1);
  });

  test('the drop-down opens when asked for, and not in front of results', async () => {
    void app.suggestions.typed('de');
    await api.last('suggest').succeed(['one']);
    expect(app.suggestions.isOpen).toBe(false);
    app.suggestions.open();
    expect(app.suggestions.isOpen).toBe(true);
    app.suggestions.fold();
    expect(app.suggestions.isOpen).toBe(false);
  });

  test('the best title that begins like what is typed completes it', async () => {
    void app.suggestions.typed('dee');
    await api.last('suggest').succeed(['The Deep', 'Deep Space', 'Deepwater']);
    expect(app.suggestions.completion).toBe('p Space');
    void app.suggestions.typed('deepw');
    expect(app.suggestions.completion).toBe('ater');
    void app.suggestions.typed('deepx');
    expect(app.suggestions.completion).toBe('');
  });

  test('moving down past the last says so, moving up ends in the box', async () => {
    void app.suggestions.typed('de');
    await api.last('suggest').succeed(['one', 'two']);
    app.suggestions.open();
    expect(app.suggestions.moveDown()).toBe(true);
    expect(app.suggestions.moveDown()).toBe(true);
    expect(app.suggestions.activeTitle).toBe('two');
    expect(app.suggestions.moveDown()).toBe(false);
    app.suggestions.moveUp();
    app.suggestions.moveUp();
    app.suggestions.moveUp();
    expect(app.suggestions.activeTitle).toBeNull();
  });
});
