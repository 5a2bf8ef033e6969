// Every text of the window, in one place (English); long surfaces have theirs in the files beside it. Short, exact,
// friendly; figures go through format.ts. An error says what happened, that nothing is lost where that is so, and what to do.
import type { CrawlState, PauseReason } from '../../preload/ipc-contract.ts';
import type { Theme } from '../../preload/settings-contract.ts';
import { formatCount } from './format.ts';
import { language, spoken } from './language.ts';
import { clientMessages } from './messages-client.ts';
import { crawlMessages } from './messages-crawl.ts';
import { resultMessages } from './messages-results.ts';
import { saveMessages } from './messages-save.ts';
import { savedMessages } from './messages-saved.ts';
import { settingsMessages } from './messages-settings.ts';
import { transferMessages } from './messages-transfer.ts';
import { plural } from './plural.ts';

const english = {
  appName: 'Lanternfish',
  unnamed: 'Unnamed',
  undo: 'Undo',

  notice: {
    title: 'Search BitTorrent from your own computer',
    intro: 'Lanternfish finds torrents by asking other people’s clients what they know, and keeps the names here.',
    points: {
      joins: 'It joins the public BitTorrent DHT, as every torrent client does.',
      visible: 'Your internet address is visible to those it asks.',
      metadata: 'Only names and file lists are fetched. They are unfiltered: other people wrote them.',
      nothingDownloaded:
        'No content is downloaded or uploaded, and nothing is announced. What you do with a link is up to you and your law.',
      staysHere: 'Names, file lists and counts of peers are kept on this disk, and nowhere else.',
    },
    startWithComputer: 'Start with the computer',
    lookForUpdates: 'Look for new versions once a day',
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
    problem: 'There is a problem',
    putAway: 'Put this line away',
    nodes: (count: number) => plural(count, 'node', 'nodes'),
    sampled: (count: number) => `${formatCount(count)} sampled a minute`,
    fresh: (count: number) => `${formatCount(count)} new a minute`,
    total: (count: number) => plural(count, 'torrent', 'torrents'),
    onDisk: (size: string) => `${size} on disk`,
    localNetwork: 'Local network allowed',
    pause: 'Pause discovering',
    start: 'Start',
  },

  ...resultMessages,

  transfer: transferMessages,
  update: {
    available: (version: string) => `Version ${version} of Lanternfish is available.`,
    downloading: (version: string, percent: number) => `Downloading version ${version}: ${percent}%`,
    ready: (version: string) =>
      `Version ${version} is downloaded and its checksum is right. Installing it restarts Lanternfish.`,
    download: 'Download',
    install: 'Install and restart',
    tryAgain: 'Look again',
    putOff: 'Not now',
  },

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
    selectRange: 'Select several',
    selectAll: 'Select all',
    copyMagnet: 'Copy magnets',
    openMagnet: 'Open magnet',
    star: 'Star, or take the star back',
    hide: 'Hide',
    block: 'Block: it never comes back',
    undo: 'Undo the last star, hide or block',
    appGroup: 'Lanternfish',
    togglePause: 'Pause or resume',
    showShortcuts: 'This sheet',
    openSettings: 'Settings',
    openCrawl: 'What the crawl is doing',
    fontSize: 'Larger, smaller, usual text',
    back: 'Back to the search',
  },

  save: saveMessages,
  saved: savedMessages,
  client: clientMessages,
  settings: settingsMessages,
  crawl: crawlMessages,
} as const;

/** In the language that was chosen. */
export const messages = spoken(english, language);
