// Every text of the window, in one place (English). Short, exact, friendly; figures go through format.ts. An error says
// what happened, that nothing is lost where that is so, and what to do.
import type { ContentType, CrawlState, PauseReason, SortOrder, TypeReasonDto } from '../../preload/ipc-contract.ts';
import type { Theme } from '../../preload/settings-contract.ts';
import { transferMessages } from './messages-transfer.ts';
import { formatCount, formatCountShort } from './format.ts';

function plural(count: number, one: string, many: string): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

export const messages = {
  appName: 'Lanternfish',
  unnamed: 'Unnamed',

  notice: {
    title: 'Search BitTorrent from your own computer',
    intro: 'Lanternfish finds torrents by asking other people’s clients what they know, and keeps the names here.',
    points: {
      joins: 'It joins the public BitTorrent DHT, as every torrent client does.',
      visible: 'Your internet address is visible to those it asks.',
      metadata: 'Only names and file lists are fetched. They are unfiltered: other people wrote them.',
      nothingDownloaded: 'Nothing is downloaded or uploaded. What you do with a link is up to you and your law.',
      staysHere: 'Everything it finds stays on this disk.',
    },
    startWithComputer: 'Start with the computer',
    accept: 'Start discovering',
    later: 'Not now',
    laterNote: 'Nothing has been sent yet.',
  },

  notStarted: {
    title: 'Not started yet',
    body: 'Lanternfish has not joined the network. Nothing has been sent.',
    action: 'Review and start',
  },

  firstMinute: {
    title: 'The first minute',
    body: 'Lanternfish is finding its way. Results appear here as soon as the first name arrives.',
    joining: 'Joining the network',
    meeting: 'Meeting nodes',
    asking: 'Asking what they know',
    fetching: 'Fetching names',
    joiningFigure: (packetsIn: number) => plural(packetsIn, 'reply', 'replies'),
    meetingFigure: (nodes: number) => plural(nodes, 'node', 'nodes'),
    askingFigure: (infohashes: number) => plural(infohashes, 'infohash', 'infohashes'),
    fetchingFigure: (names: number) => plural(names, 'name', 'names'),
    stepDone: 'done',
    stepNow: 'happening now',
    stepWaiting: 'to come',
  },

  noReply: {
    title: 'Nobody answers',
    body: 'Nothing has come back for 30 seconds. A firewall may block UDP, or the network is down.',
    demo: 'To see it work without the internet, run',
    demoCommand: 'npm run demo',
    demoEnd: 'in the project’s folder.',
  },
  paused: {
    title: 'Paused',
    emptyBody: 'Nothing leaves this computer until you resume. Nothing has been found yet.',
    action: 'Resume',
  },
  failed: {
    title: 'Discovering has stopped',
    body: 'What was found is safe and can be searched.',
    unknown: 'The part that talks to the network ended.',
    startTitle: 'Lanternfish could not start',
    startBody: 'Nothing is lost. Quit, start it again, and report the problem if it stays.',
    quit: 'Quit',
    tryAgain: 'Try again',
  },

  state: {
    'awaiting-consent': 'Not started',
    starting: 'Starting',
    joining: 'Joining the network',
    running: 'Discovering',
    'no-reply': 'No reply',
    paused: 'Paused',
    stopped: 'Stopped',
    failed: 'Stopped by a problem',
  } satisfies Record<CrawlState, string>,
  /** Instead of `paused` where the state has room for why. */
  pausedBecause: {
    person: 'Paused',
    'for-a-while': 'Paused for a while',
    schedule: 'Paused by schedule',
    battery: 'Paused on battery power',
    metered: 'Paused on a metered network',
    asleep: 'Paused',
  } satisfies Record<PauseReason, string>,
  pausedUntil: (time: string) => `Paused until ${time}`,
  status: {
    label: 'What Lanternfish is doing',
    withProblem: 'Discovering, with a problem',
    nodes: (count: number) => plural(count, 'node', 'nodes'),
    sampled: (count: number) => `${formatCount(count)} sampled a minute`,
    fresh: (count: number) => `${formatCount(count)} new a minute`,
    total: (count: number) => plural(count, 'torrent', 'torrents'),
    onDisk: (size: string) => `${size} on disk`,
    localNetwork: 'Local network allowed',
    pause: 'Pause discovering',
    start: 'Start',
  },

  search: {
    label: 'Search torrents',
    placeholder: (count: number) => (count > 0 ? `Search ${plural(count, 'torrent', 'torrents')}` : 'Search torrents'),
    clear: 'Clear the search',
    suggestions: 'Suggestions',
    showSuggestions: 'Show titles that begin like this (Alt+Down)',
    results: 'Results',
    types: 'Type',
    all: 'All',
    sortBy: 'Sort by',
    count: (count: number, isExact: boolean) =>
      isExact ? plural(count, 'result', 'results') : `${formatCount(count)}+ results`,
    newOnes: (count: number) => `${formatCountShort(count)} new`,
    newOnesLabel: (count: number) => `Show ${plural(count, 'new torrent', 'new torrents')}`,
    noResults: (query: string) => `Nothing found for “${query}”`,
    noResultsType: 'Nothing of this type yet',
    didYouMean: 'Did you mean',
    hiddenByType: (count: number) =>
      `${plural(count, 'match of another type is', 'matches of other types are')} hidden.`,
    showAllTypes: 'Show all types',
    keepsLooking: 'Lanternfish keeps discovering. A torrent shows up here as soon as its name matches.',
    loading: 'Searching',
    failed: 'The search did not finish',
    failedBody: 'Nothing is lost.',
    capped: (count: number) => `These are the first ${formatCount(count)}. Add a word to see others.`,
    end: (count: number) => (count === 1 ? 'That is the only one' : `That is all ${formatCount(count)}`),
  },
  contentType: {
    video: 'Video',
    audio: 'Audio',
    book: 'Books',
    software: 'Software',
    game: 'Games',
    image: 'Images',
    archive: 'Archives',
    other: 'Other',
  } satisfies Record<ContentType, string>,
  /** Of one torrent. */
  kind: {
    video: 'Video',
    audio: 'Audio',
    book: 'Book',
    software: 'Software',
    game: 'Game',
    image: 'Images',
    archive: 'Archive',
    other: 'Other',
  } satisfies Record<ContentType, string>,
  /** Why it counts as that. */
  typeReason: (reason: TypeReasonDto) => {
    switch (reason.kind) {
      case 'files':
        return `${reason.percent} % of its bytes are .${reason.extension} files`;
      case 'name':
        return `Because of “${reason.word}” in its name`;
      case 'nothing':
        return 'Neither its files nor its name tell what it is';
    }
  },
  sort: {
    relevance: 'Best match',
    newest: 'Newest',
    size: 'Largest',
    files: 'Most files',
    peers: 'Most peers',
  } satisfies Record<SortOrder, string>,

  row: {
    files: (count: number) => plural(count, 'file', 'files'),
    peers: (count: number) => plural(count, 'peer', 'peers'),
    inFiles: 'in its files',
    found: (age: string) => (age === 'now' ? 'found just now' : `found ${age}`),
  },

  details: {
    label: 'Details',
    close: 'Close details',
    resize: 'Width of the details',
    openMagnet: 'Open magnet',
    copyMagnet: 'Copy magnet',
    peersTitle: 'Peers when it was found',
    isPrivate: 'Private: made for one tracker, so few peers are found here.',
    filesTitle: 'Files',
    searchFiles: 'Search these files',
    clearFileSearch: 'Clear the file search',
    noFileMatches: (query: string) => `No file matches “${query}”`,
    notKept: (count: number) => `and ${plural(count, 'more file', 'more files')}, not kept`,
    infohashV1: 'Infohash v1',
    infohashV2: 'Infohash v2',
    copyInfohash: 'Copy infohash',
    gone: 'This torrent is no longer in the catalogue.',
    failed: 'The details could not be read.',
  },

  magnet: {
    copied: 'Magnet link copied',
    infohashCopied: 'Infohash copied',
    opened: 'Handed to your torrent client',
    noClient: 'No program here opens magnet links. Copy it instead.',
    askTitle: 'Open in your torrent client?',
    askBody: 'Lanternfish hands the link to the program that opens magnets here. That program then joins the torrent.',
    askOnce: 'This is asked only once.',
    askConfirm: 'Open magnet',
    askCancel: 'Not now',
  },

  transfer: transferMessages,

  menu: {
    label: 'More',
    theme: 'Appearance',
    themes: {
      system: 'As the system',
      light: 'Light',
      dark: 'Dark',
      'high-contrast': 'High contrast',
    } satisfies Record<Theme, string>,
    pauseFor: 'Pause for 1 hour',
    copyDiagnostics: 'Copy diagnostics',
    diagnosticsCopied: 'Copied: versions, state, counters and the end of the log. No addresses, no searches.',
    showLogs: 'Show log files',
    shortcuts: 'Keyboard shortcuts',
    quit: 'Quit Lanternfish',
    version: (version: string) => `Version ${version}`,
  },

  shortcuts: {
    title: 'Keyboard shortcuts',
    close: 'Close',
    searchGroup: 'Search',
    focusSearch: 'Go to the search box',
    clearThenLeave: 'Clear the search, again to leave it',
    takeCompletion: 'Take the completion',
    showTitles: 'Show more titles',
    chooseType: 'Show all, or one type',
    listGroup: 'Results',
    move: 'Move',
    moveFar: 'First and last',
    openDetails: 'Open details',
    quickLook: 'Quick look',
    copyMagnet: 'Copy magnet',
    openMagnet: 'Open magnet',
    appGroup: 'Lanternfish',
    togglePause: 'Pause or resume',
    showShortcuts: 'This sheet',
  },
} as const;
