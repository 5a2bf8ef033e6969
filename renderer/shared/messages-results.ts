// The part of messages.ts about finding torrents and what is known of one.
import type { ContentType, SortOrder, TypeReasonDto } from '../../preload/ipc-contract.ts';
import type { FilterKey } from '../search/query-text.ts';
import { formatCount, formatCountShort } from './format.ts';
import { plural } from './plural.ts';

const SORT_NAMES = {
  relevance: ['Best match', 'Best match'],
  newest: ['Newest', 'Oldest'],
  size: ['Largest', 'Smallest'],
  files: ['Most files', 'Fewest files'],
  peers: ['Most seeders', 'Fewest seeders'],
} as const satisfies Record<SortOrder, readonly [string, string]>;

export const resultMessages = {
  search: {
    label: 'Search torrents',
    placeholder: (count: number) => (count > 0 ? `Search ${plural(count, 'torrent', 'torrents')}` : 'Search torrents'),
    clear: 'Clear the search',
    suggestions: 'Suggestions',
    showSuggestions: 'Show titles that begin like this (Alt+Down)',
    results: 'Results',
    types: 'Type',
    all: 'All',
    adultHidden: (count: number, isExact: boolean) =>
      `${formatCount(count)}${isExact ? '' : '+'} hidden by the adult-name filter`,
    adultHiddenShort: (count: number, isExact: boolean) => `${formatCount(count)}${isExact ? '' : '+'} hidden`,
    showAdult: 'Show',
    sortBy: 'Sort by',
    sortAgain: 'Choose it again to turn the order around.',
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
    withoutFilters: 'Search without filters',
    filters: 'Filters',
    filtersChosen: (count: number) => `Filters (${formatCount(count)})`,
    chips: 'Filters of this search',
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
  filter: {
    any: 'Any',
    keys: {
      type: 'Type',
      size: 'Size',
      files: 'Files',
      age: 'Found',
      seeds: 'Seeders',
      ext: 'Extension',
      path: 'In paths',
      hash: 'Infohash',
    } satisfies Record<FilterKey, string>,
    /** '>1GB' as '> 1 GB'. */
    value: (key: FilterKey, value: string) => {
      const spaced = value.replace(/^([<>=]+)\s*/, '$1 ').replace(/(\d)\s*([a-z]+)/gi, '$1 $2');
      if (key === 'age') return spaced.replace(/^<=? /, 'in the last ').replace(/^>=? /, 'more than ');
      return spaced.replace(/\b[kmgt]i?b\b/gi, (unit) => unit.toUpperCase().replace('I', 'i').replace('KB', 'kB'));
    },
    not: 'not',
    remove: (chip: string) => `Remove filter: ${chip}`,
  },

  /** Over the columns of a wide window. */
  column: {
    name: 'Name',
    size: 'Size',
    files: 'Files',
    health: 'Who has it',
    found: 'Found',
    label: 'Columns',
  },
  /** `isReversed`: from the other end; best match has none. */
  sortName: (sort: SortOrder, isReversed: boolean) => SORT_NAMES[sort][isReversed ? 1 : 0],

  row: {
    files: (count: number) => plural(count, 'file', 'files'),
    peers: (count: number) => plural(count, 'peer', 'peers'),
    inFiles: 'in its files',
    loading: 'Loading',
    gone: 'No longer in the catalogue',
    found: (age: string) => (age === 'now' ? 'found just now' : `found ${age}`),
  },

  health: {
    nobody: 'Nobody found',
    lookedOften: 'looked several times',
    deadSentence: 'Nobody had it each time it was looked for.',
    whenFound: 'when found',
    foundSentence: (peers: string) => `${peers} when it was found; nobody has counted since.`,
    dht: 'DHT',
    tracker: 'Tracker',
    justNow: 'just now',
    seeders: (count: number, short: string) => `${short} ${count === 1 ? 'seeder' : 'seeders'}`,
    leechers: (count: number) => plural(count, 'leecher', 'leechers'),
    onlyLeechers: (count: number) => plural(count, 'leecher', 'leechers'),
    countedSentence: (seeders: string, leechers: string, origin: string) => `${seeders}, ${leechers} (${origin})`,
  },

  details: {
    label: 'Details',
    close: 'Close details',
    resize: 'Width of the details',
    openMagnet: 'Open magnet',
    copyMagnet: 'Copy magnet',
    peersTitle: 'Peers when it was found',
    isPrivate: 'Private: made for one tracker, so few peers are found here.',
    foundBy: (times: number) =>
      times > 1 ? `Named ${formatCount(times)} times by nodes of the DHT` : 'Named once by a node of the DHT',
    foundTitle: 'Found',
    lastSeen: (age: string) => (age === 'now' ? 'last heard of just now' : `last heard of ${age}`),
    whoTitle: 'Who has it',
    refresh: 'Look again',
    refreshing: 'Looking …',
    refreshedLately: 'It was counted moments ago. It can be counted again after 15 minutes.',
    refreshPaused: 'Nobody can be asked while discovering is paused.',
    variants: (count: number) => plural(count, 'variant', 'variants'),
    moreActions: 'More',
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

  marks: {
    star: 'Star',
    unstar: 'Starred',
    hide: 'Hide',
    unhide: 'Show again',
    block: 'Block',
    blockHint: 'Remove it and never fetch it again',
    isHidden: 'Hidden: it appears in no search.',
    done: (mark: 'star' | 'hide' | 'block', isOn: boolean, count: number) => {
      const what = count === 1 ? '' : `${plural(count, 'torrent', 'torrents')} `;
      const words = {
        star: ['starred', 'no longer starred'],
        hide: ['hidden', 'shown again'],
        block: ['blocked: it will not come back', 'no longer blocked'],
      }[mark];
      const done = words[isOn ? 0 : 1] ?? '';
      return what === '' ? done.charAt(0).toUpperCase() + done.slice(1) : what + done.replace('it will', 'they will');
    },
    undone: 'Taken back',
  },

  lists: {
    label: 'List',
    all: 'Everything',
    starred: 'Starred',
    hidden: 'Hidden',
    emptyStarred: 'Nothing starred yet',
    emptyStarredBody: 'Press S on a torrent to star it. Starred torrents are kept when room is made for new ones.',
    emptyHidden: 'Nothing is hidden',
    emptyHiddenBody: 'What you hide is listed here and can be shown again.',
  },

  selection: {
    count: (count: number) => `${formatCount(count)} selected`,
    cut: (count: number) => `The first ${formatCount(count)} are selected; that is the most.`,
    copyMagnets: 'Copy magnets',
    export: 'Export…',
    clear: 'Clear selection',
  },

  magnet: {
    copiedMany: (count: number) => `${plural(count, 'magnet link', 'magnet links')} copied`,
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
} as const;
