/* global window */
// Stands in for preload in the preview of the window: `window.lanternfish` over a list of torrents. It runs inside the page,
// so it must not use anything from outside its own body.

/** `scenario`: { status, torrents, canStartWithComputer, settings, runtimeNotice, failsSearch, failsStart, suggestions }. */
export function installFakeApi(scenario) {
  const ok = (value) => Promise.resolve({ ok: true, value });
  const listeners = {
    ...{ status: [], settings: [], torrentsAdded: [], healthFound: [] },
    ...{
      focusSearch: [],
      openSettings: [],
      openSaved: [],
      torrentSave: [],
      update: [],
      transfer: [],
      transferCommand: [],
    },
  };
  const calls = [];
  let status = scenario.status;
  let torrents = scenario.torrents;
  let settings = scenario.settings;
  const emit = (name, payload) => {
    if (name === 'status') status = payload;
    for (const receive of listeners[name]) receive(payload);
  };

  const wordsOf = (text) => text.toLowerCase().split(/\s+/).filter(Boolean);
  const rangesOf = (name, words) =>
    words
      .map((word) => [name.toLowerCase().indexOf(word), word.length])
      .sort((a, b) => a[0] - b[0])
      .flatMap(([start, length]) => [start, start + length]);
  const orders = {
    relevance: (a, b) => b.peersSeen - a.peersSeen,
    newest: (a, b) => b.discoveredAtUnixSeconds - a.discoveredAtUnixSeconds,
    size: (a, b) => b.sizeBytes - a.sizeBytes,
    files: (a, b) => b.fileCount - a.fileCount,
    peers: (a, b) => b.peersSeen - a.peersSeen,
  };

  function search({ text, sort, contentType, limit, cursor }) {
    if (scenario.failsSearch) return Promise.resolve({ ok: false, problem: 'The index is being rebuilt.' });
    const words = wordsOf(text);
    const matching = torrents.filter((torrent) => words.every((word) => torrent.name.toLowerCase().includes(word)));
    const countsByType = { video: 0, audio: 0, book: 0, software: 0, game: 0, other: 0 };
    // Without words the catalogue's own size counts, of which the list of torrents is a sample.
    const scale = words.length === 0 && torrents.length > 0 ? status.torrentCount / torrents.length : 1;
    for (const torrent of matching) countsByType[torrent.contentType] += scale;
    for (const type of Object.keys(countsByType)) countsByType[type] = Math.round(countsByType[type]);
    const chosen = matching.filter((torrent) => !contentType || torrent.contentType === contentType).sort(orders[sort]);
    const start = cursor === null ? 0 : Number(cursor);
    const rows = chosen.slice(start, start + limit).map((torrent) => ({
      ...torrent,
      matches: rangesOf(torrent.name, words),
    }));
    const page = {
      rows,
      nextCursor: start + limit < chosen.length ? String(start + limit) : null,
      totalCount: Math.round(chosen.length * scale),
      totalIsExact: true,
      countsByType,
      didYouMean: chosen.length === 0 && words.length > 0 ? ['metropolis', 'monterey'] : [],
      adultHidden: null,
    };
    return new Promise((resolve) => setTimeout(() => resolve({ ok: true, value: page }), scenario.searchMs ?? 5));
  }

  function detailsOf(torrent) {
    const kinds = { video: 'mkv', audio: 'flac', book: 'epub', software: 'iso', game: 'zip', other: 'bin' };
    const kind = kinds[torrent.contentType];
    const files =
      torrent.fileCount === 1
        ? [{ path: torrent.name, sizeBytes: torrent.sizeBytes }]
        : Array.from({ length: Math.min(torrent.fileCount, 2000) }, (_, index) => ({
            path: [
              ...(index % 9 === 0 ? [] : [`Part ${1 + Math.floor(index / 12)} – материалы и 資料`]),
              ...(index % 4 === 1 ? ['Extras', 'Subtitles'] : []),
              index % 4 === 1 ? `${index + 1}.fr.srt` : `${index + 1}. ${torrent.name.slice(0, 60)}.${kind}`,
            ].join('/'),
            sizeBytes: Math.round(torrent.sizeBytes / torrent.fileCount),
          }));
    return {
      ...torrent,
      infohashV1Hex: torrent.infohashHex,
      infohashV2Hex: torrent.peersSeen % 3 === 0 ? torrent.infohashHex + torrent.infohashHex.slice(0, 24) : null,
      files,
      isPrivate: torrent.peersSeen % 5 === 0,
      magnet: `magnet:?xt=urn:btih:${torrent.infohashHex}`,
    };
  }

  const record = (name, answer) => (input) => {
    calls.push({ name, input });
    return answer(input);
  };
  const byHash = ({ infohashHex }) => torrents.find((torrent) => torrent.infohashHex === infohashHex);
  window.lanternfish = {
    getStart: () =>
      scenario.failsStart
        ? Promise.resolve({ ok: false, problem: 'The catalogue’s file is in use by another program.' })
        : ok({
            status,
            settings,
            appVersion: '0.1.0',
            runtimeNotice: scenario.runtimeNotice ?? null,
            canStartWithComputer: true,
            update: scenario.update ?? { state: 'not-here' },
          }),
    acceptNotice: record('acceptNotice', () => ok(null)),
    search: record('search', search),
    suggest: record('suggest', () => ok(scenario.suggestions ?? [])),
    getDetails: record('getDetails', (input) => {
      const torrent = byHash(input);
      return ok(torrent ? detailsOf(torrent) : null);
    }),
    getVariants: record('getVariants', () => ok([])),
    rowsAt: record('rowsAt', () => ok(null)),
    checkHealth: record('checkHealth', () => ok(null)),
    setMark: record('setMark', ({ infohashesHex }) => ok(infohashesHex)),
    copyMagnet: record('copyMagnet', () => ok(null)),
    copyMagnets: record('copyMagnets', ({ infohashesHex }) => ok(infohashesHex.length)),
    copyInfohash: record('copyInfohash', () => ok(null)),
    openMagnet: record('openMagnet', ({ isConfirmed }) => ok(isConfirmed ? 'opened' : 'needs-consent')),
    setPaused: record('setPaused', ({ isPaused }) => {
      emit('status', { ...status, state: isPaused ? 'paused' : 'running' });
      return ok(null);
    }),
    changeSettings: record('changeSettings', (change) => {
      settings = { ...settings, ...change };
      emit('settings', settings);
      return ok(null);
    }),
    getSettingsFacts: record('getSettingsFacts', () =>
      scenario.failsSettings
        ? Promise.resolve({ ok: false, problem: 'The app did not answer.' })
        : ok({
            defaults: scenario.defaults,
            localAddresses: [
              { host: '192.168.1.20', name: 'enp3s0' },
              { host: '10.8.0.2', name: 'tun0' },
              { host: '2001:db8::20', name: 'enp3s0' },
            ],
            dataDir: '/home/someone/.local/share/lanternfish',
            canStartWithComputer: true,
            namesInMemoryChoices: [250_000, 1_000_000, 3_000_000].map((names) => ({
              names,
              megabytes: Math.round((names * 75) / 1e6),
            })),
          }),
    ),
    getCrawl: record('getCrawl', () => ok(scenario.crawl)),
    getBlocked: record('getBlocked', () =>
      ok({
        entries: (scenario.blocked ?? []).map((name, id) => ({
          ...{ id, infohashHex: String(id).padStart(40, '0'), name, blockedAtUnixSeconds: 1_700_000_000 },
          reason: ['person', 'list', 'word'][id % 3],
        })),
        nextBeforeId: scenario.blocked ? 7 : null,
        totalCount: scenario.blocked ? 1_204 : 0,
      }),
    ),
    setBlocked: record('setBlocked', () => ok(null)),
    openDataDir: record('openDataDir', () => ok(null)),
    pauseFor: record('pauseFor', () => ok(null)),
    getSystem: record('getSystem', () => ok({ hasTray: true, knowsMetered: false, update: { state: 'idle' } })),
    updateApp: record('updateApp', () => ok({ state: 'idle' })),
    copyDiagnostics: record('copyDiagnostics', () => ok(null)),
    showLogs: record('showLogs', () => ok(null)),
    openLicences: record('openLicences', () => ok(null)),
    getTransfer: () => ok(scenario.transfer ?? null),
    startExport: record('startExport', () => ok('dismissed')),
    chooseImport: record('chooseImport', () => ok('dismissed')),
    importDropped: record('importDropped', () => ok('dismissed')),
    startBackup: record('startBackup', () => ok('dismissed')),
    chooseRestore: record('chooseRestore', () => ok('dismissed')),
    confirmRestore: record('confirmRestore', () => ok(null)),
    undoRestore: record('undoRestore', () => ok('dismissed')),
    cancelTransfer: record('cancelTransfer', () => ok(null)),
    showTransferFile: record('showTransferFile', () => ok(null)),
    dismissTransfer: record('dismissTransfer', () => {
      emit('transfer', null);
      return ok(null);
    }),
    quit: record('quit', () => ok(null)),
    on: (name, receive) => {
      (listeners[name] ??= []).push(receive);
      return () => listeners[name].splice(listeners[name].indexOf(receive), 1);
    },
  };
  window.preview = {
    calls,
    emit,
    status: () => status,
    add: (added) => {
      torrents = [...added, ...torrents];
      status = { ...status, torrentCount: status.torrentCount + added.length };
      emit('torrentsAdded', { addedCount: added.length, torrentCount: status.torrentCount });
    },
  };
}
