// Texts of the settings: what each is called, and what it does in figures where it has some.
import { formatCount } from './format.ts';
import { plural } from './plural.ts';
import type { CustomLimits, Language, PaceChoice, Settings } from '../../preload/settings-contract.ts';

export const settingsMessages = {
  title: 'Settings',
  close: 'Close settings',
  find: 'Find a setting',
  clearFind: 'Clear',
  nothingFound: (query: string) => `No setting matches “${query}”.`,
  loading: 'Reading the settings',
  failed: 'The settings could not be read',
  failedBody: 'They are still in force. Try again.',
  tryAgain: 'Try again',
  reset: (name: string) => `Reset “${name}”`,
  resetShort: 'Reset',
  sections: 'Sections',
  range: (least: string, most: string) => `From ${least} to ${most}.`,
  notANumber: 'This is not a whole number.',

  groups: {
    discovering: {
      title: 'Discovering',
      body: 'How much is asked of the network. Within these limits Lanternfish slows down by itself when answers stop coming.',
    },
    network: {
      title: 'Network',
      body: 'A change here opens the connection anew. What was found stays, and the crawl goes on where it was.',
    },
    pausing: { title: 'Pausing', body: 'While it is paused nothing leaves this computer. Searching goes on.' },
    storing: { title: 'Storing', body: 'How much is kept, and what never is.' },
    searching: { title: 'Searching', body: 'What is shown, and how much memory that may take.' },
    client: {
      title: 'Torrent client',
      body: 'Where torrents go from here: to the program of this system that opens magnets, or to one that is set up here.',
    },
    appearance: { title: 'Appearance', body: 'How the window looks, here and at once.' },
    background: { title: 'Background', body: 'What happens while the window is closed.' },
    data: { title: 'Your data', body: 'Everything is on this computer, in one folder, and nowhere else.' },
    about: { title: 'About', body: 'What this program is made of.' },
  },

  pace: {
    label: 'Pace',
    names: { gentle: 'Gentle', balanced: 'Balanced', fast: 'Fast', custom: 'Custom' } satisfies Record<
      PaceChoice,
      string
    >,
    effects: {
      gentle: 'About 8 new addresses a second. For weak routers and batteries.',
      balanced: 'About 20 new addresses a second. Home routers handle this.',
      fast: 'About 100 new addresses a second. For good routers and wired lines.',
      custom: 'Limits of your own.',
    } satisfies Record<PaceChoice, string>,
  },
  limits: {
    newAddressesPerSecond: {
      label: 'New addresses a second',
      help: 'Each takes a place in your router’s table for about two minutes.',
    },
    packetsPerSecond: { label: 'Packets a second', help: 'All of them are small: about 150 bytes.' },
    newConnectionsPerSecond: {
      label: 'New connections a second',
      help: 'To people who have a torrent, for its name and file list.',
    },
    connectionsMax: { label: 'Connections at once', help: 'Open and opening.' },
  } satisfies Record<keyof CustomLimits, { label: string; help: string }>,

  port: {
    label: 'UDP port',
    help: 'The door others answer to. With 0 the system chooses one and it is kept.',
  },
  bindHost: {
    label: 'Address to speak from',
    help: 'Choose one address, a VPN’s for example, and nothing goes any other way.',
    all: 'All addresses',
    address: (host: string, name: string) => `${host} (${name})`,
    absent: (host: string) => `${host} (not there now)`,
  },
  ipv6: {
    label: 'IPv6 as well',
    help: 'A second network of its own, if this computer has a public IPv6 address. Both share one pace.',
    impossible: 'Off while one IPv4 address is chosen.',
  },
  trackersOn: {
    label: 'Ask public trackers for seeders',
    help: 'Five public trackers then see your address and the infohashes on your screen. The DHT alone gives estimates.',
  },

  pauseOnBattery: { label: 'Pause on battery', help: 'Goes on when the computer is plugged in again.' },
  pauseOnMetered: {
    label: 'Pause on metered networks',
    help: 'Where the system says that a network is paid by volume.',
    notHere: 'Not available here: nothing on this computer says whether a network is paid by volume.',
  },
  schedule: {
    label: 'Pause every day',
    help: 'Between two times, also across midnight.',
    from: 'From',
    to: 'to',
  },

  quota: {
    label: 'Space for the catalogue',
    help: (used: string) =>
      `${used} used now. At the limit the least useful torrents are forgotten; starred ones never are.`,
    unlimited: 'No limit',
    unit: 'GB',
  },
  forgetFirst: {
    label: 'Forget first',
    help: 'What goes first when the space is full.',
    names: {
      dead: 'What nobody has any more',
      old: 'What was found longest ago',
      unopened: 'What you never opened',
    } satisfies Record<Settings['forgetFirst'], string>,
  },
  blockedWords: {
    label: 'Blocked words',
    help: 'One a line. Torrents with such a word in their name are not stored, and go if they are.',
    tooMany: (most: string) => `At most ${most} words.`,
    tooLong: (most: string) => `A word has at most ${most} letters.`,
    save: 'Apply',
    count: (count: string) => `${count} in force`,
  },
  blockedInfohashes: {
    label: 'Blocked infohashes',
    help: 'They are not asked for, not stored and not shown. Those blocked in the list of results are here, too.',
    placeholder: '40 hexadecimal digits',
    notAnInfohash: 'An infohash has 40 hexadecimal digits.',
    add: 'Block',
    count: (count: number) => (count === 1 ? '1 is blocked.' : `${formatCount(count)} are blocked.`),
    reasons: { person: 'by you', list: 'by the safety list', word: 'by a word' },
    allow: 'Allow',
    allowed: (name: string) => `${name} may come again.`,
    allowLabel: (name: string) => `Allow ${name} again`,
    more: (count: string) => `Show more (${count})`,
  },
  safetyList: {
    label: 'Safety list',
    help:
      'A file with the SHA-256 of an infohash on each line. What is on it is never asked for, and goes if it is stored. ' +
      'When the file changes it is read again by itself.',
    choose: 'Choose a file…',
    chooseOther: 'Another file…',
    readAgain: 'Read again',
    remove: 'Remove',
    reading: 'Being read',
    entries: (count: number, malformed: number) =>
      `${plural(count, 'entry', 'entries')}${malformed > 0 ? `, ${plural(malformed, 'line', 'lines')} passed over` : ''}`,
  },

  hideAdultNames: {
    label: 'Hide adult names',
    help: 'Hides, never deletes: each search says how many, and shows them on a click. It goes by words in names, so it is not perfect.',
  },
  namesInMemory: {
    label: 'Names in memory',
    help: 'The newest ones, found in a few milliseconds. Older ones are found on disk, a little slower.',
    choice: (names: string, megabytes: string) => `${names} names (${megabytes} MB)`,
  },

  theme: { label: 'Theme', help: 'High contrast is light or dark as the system is.' },
  fontSize: {
    label: 'Size of text and controls',
    help: 'Ctrl + and Ctrl − do the same.',
    percent: (value: string) => `${value} %`,
  },
  language: {
    label: 'Language',
    help: 'Decides how dates and figures are written, too.',
    names: {
      system: 'English, figures as the system',
      en: 'English',
      'rtl-test': 'Right to left, for testing',
    } satisfies Record<Language, string>,
  },
  rowSize: {
    label: 'Rows',
    help: 'Two lines for each torrent, or one.',
    names: { comfortable: 'Comfortable', compact: 'Compact' } satisfies Record<Settings['rowSize'], string>,
  },

  autostart: { label: 'Start with the computer', help: 'In the background, without a window.' },
  startMinimised: {
    label: 'Start without a window',
    help: 'Only the icon in the tray; a click on it opens the window.',
  },
  startMinimisedWithoutTray: { label: 'Start minimised', help: 'The window waits in the task bar.' },
  closesToTray: {
    label: 'When the window is closed',
    help: 'In the background it goes on discovering.',
    names: { ask: 'Ask', stay: 'Stay in the background', quit: 'Quit' },
  },
  notifications: {
    label: 'Notifications',
    help: 'When a saved search finds something. Several together, at most every five minutes.',
  },
  updates: {
    label: 'Look for new versions',
    help: 'Asks the project’s page once a day. Nothing is installed before you agree.',
    notHere: 'Not available in this build: it names no server that new versions come from.',
    checkNow: 'Check now',
    checking: 'Looking for a new version',
    current: (age: string) => `This is the newest version; looked ${age}.`,
    available: (version: string) => `Version ${version} is available.`,
    downloading: (version: string, percent: string) => `Downloading version ${version}: ${percent} %`,
    ready: (version: string) => `Version ${version} is ready to be installed.`,
  },

  about: {
    label: (version: string) => `Lanternfish ${version}`,
    help: 'Free software under the MIT licence. It contains libraries by others, each with a licence of its own.',
    licences: 'Licences of libraries',
  },

  dataDir: {
    label: 'Data folder',
    open: 'Open',
    move: 'Move…',
    moveTitle: 'Move the data?',
    moveBody: (size: string) => `${size} is copied to this folder, and every file is read back and compared:`,
    moveStays:
      'Discovering waits meanwhile; searching goes on. The old copy is removed last. If anything goes wrong, or you cancel, everything stays where it is.',
    useTitle: 'Use the data that is there?',
    useBody: (size: string) => `This folder has a Lanternfish catalogue of its own (${size}):`,
    useStays: 'Nothing is copied. What you have now stays where it is, and you can choose it again.',
    confirmMove: 'Move',
    confirmUse: 'Use that one',
    cancel: 'Cancel',
    refusedTitle: 'Not into this folder',
    close: 'Close',
  },
  exportData: {
    label: 'Export, import and backup',
    help: 'CSV, JSON Lines or magnet links; a copy of the catalogue that can be restored.',
    export: 'Export…',
    import: 'Import…',
    backup: 'Back up…',
    restore: 'Restore…',
  },
  deleteAll: {
    label: 'Delete everything',
    help: 'All torrents, stars, hidden ones and saved searches, and every copy that was kept aside. Settings stay.',
    open: 'Delete everything…',
    title: 'Delete everything?',
    body: (torrents: string, size: string) =>
      `${torrents} (${size} on disk) are deleted, with stars, hidden ones, saved searches, the search index and the copies ` +
      'that were kept aside. This cannot be undone. Discovering is paused, so that it stays empty until you resume.',
    stays: 'Files that you exported or backed up yourself stay where they are.',
    keepsBlocked: 'Keep the list of what is blocked',
    keepsBlockedHelp: 'As bare infohashes, so that those torrents do not come back.',
    forgetsAll: 'Forget settings, addresses of nodes and logs, too',
    forgetsAllHelp: 'Lanternfish is then as on its first day and sends nothing until you agree again.',
    type: (word: string) => `Type “${word}” to confirm`,
    word: 'delete',
    backUpFirst: 'Back up first…',
    confirm: (torrents: string) => `Delete ${torrents}`,
    keep: 'Keep',
    deleting: 'Deleting. This takes some seconds.',
    done: 'Everything was deleted',
    doneBody: (torrents: string, size: string) => `${torrents} are gone, and ${size} on disk are free again.`,
    donePaused: 'Discovering is paused.',
    doneForgotten: 'Lanternfish is as on its first day.',
    resume: 'Resume discovering',
    close: 'Close',
  },
} as const;
