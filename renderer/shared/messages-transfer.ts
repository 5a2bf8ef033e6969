// The texts of export, import, backup and restore; part of shared/messages.ts, which is the one place to look for texts.
import type { ImportCountsDto, SkipReasonDto, TransferDto, TransferFormat } from '../../preload/transfer-contract.ts';
import { formatCount, formatExactTime } from './format.ts';
import { plural } from './plural.ts';

const torrents = (count: number): string => plural(count, 'torrent', 'torrents');

type Kind = TransferDto['kind'];

export const transferMessages = {
  label: 'Import and export',
  menu: {
    title: 'Your torrents',
    import: 'Import…',
    export: 'Export…',
    backup: 'Back up…',
    restore: 'Restore a backup…',
  },
  titles: {
    export: {
      running: 'Exporting',
      done: 'Exported',
      cancelled: 'Export cancelled',
      failed: 'Export failed',
      asking: '',
    },
    import: {
      running: 'Importing',
      done: 'Imported',
      cancelled: 'Import cancelled',
      failed: 'Import stopped',
      asking: '',
    },
    backup: {
      running: 'Backing up',
      done: 'Backed up',
      cancelled: 'Backup cancelled',
      failed: 'Backup failed',
      asking: '',
    },
    restore: {
      running: 'Restoring',
      done: 'Restored',
      cancelled: 'Nothing was restored',
      failed: 'Nothing was restored',
      asking: '',
    },
    move: {
      running: 'Moving the data',
      done: 'The data is there',
      cancelled: 'Nothing was moved',
      failed: 'Nothing was moved',
      asking: '',
    },
  } satisfies Record<Kind, Record<TransferDto['state'], string>>,
  begins: 'Looking at it…',
  progress: 'Progress',
  progressOf: (done: string, total: string | null, isTorrents: boolean) =>
    `${total === null ? done : `${done} of ${total}`}${isTorrents ? ' torrents' : ''}`,
  counts: ({ newCount, mergedCount, queuedCount, forgottenCount, skippedCount }: ImportCountsDto) =>
    [
      `${formatCount(newCount)} new`,
      ...(mergedCount > 0 ? [`${formatCount(mergedCount)} merged with what was here`] : []),
      ...(queuedCount > 0 ? [`${formatCount(queuedCount)} to be fetched`] : []),
      ...(skippedCount > 0 ? [`${formatCount(skippedCount)} left out`] : []),
      ...(forgottenCount > 0 ? [`${formatCount(forgottenCount)} older ones forgotten to make room`] : []),
    ].join(', '),
  exported: (count: number, size: string) => `${torrents(count)}, ${size}.`,
  backedUp: (count: number, size: string) => `${torrents(count)}, ${size}. Every page of it was checked.`,
  restored: (count: number, asidePath: string | null) =>
    asidePath === null
      ? `${torrents(count)}.`
      : `${torrents(count)}. The catalogue of before is kept as ${asidePath}; delete it when you do not need it.`,
  moved: (size: string) => `${size}. Lanternfish uses this folder from now on.`,
  keptSoFar: (counts: string) => `What came before that is stored: ${counts}. Importing it again does no harm.`,
  nothingLeft: {
    export: 'Nothing was written.',
    import: 'Nothing was imported.',
    backup: 'Nothing was written.',
    restore: 'Your catalogue is as it was.',
    move: 'Everything is where it was.',
  } satisfies Record<Kind, string>,
  cancel: 'Cancel',
  dismiss: 'Close',
  showFile: 'Show in folder',
  showKept: 'Show the one kept',
  undo: 'Undo',
  skippedFor: (count: number, reason: string) => `${formatCount(count)}: ${reason}`,
  skippedWhich: (told: number, count: number) => (told < count ? `The first ${formatCount(told)}` : 'Which'),
  reasons: {
    'unknown-format': 'nothing that can be imported',
    unreadable: 'could not be read',
    'too-large': 'too large',
    damaged: 'damaged',
    'bad-torrent': 'not a valid torrent',
    'no-infohash': 'no infohash',
    'bad-infohash': 'not a valid infohash',
    'no-name': 'no name',
    'bad-field': 'a figure that makes no sense',
    'two-torrents': 'says that two of your torrents are one',
    blocked: 'blocked by you',
    invalid: 'known to make no sense',
    'no-room': 'the list of what is to be fetched is full',
  } satisfies Record<SkipReasonDto, string>,

  exportDialog: {
    title: 'Export',
    what: 'What',
    selected: 'The selected torrents',
    results: 'These results',
    everything: 'Everything',
    all: (count: number) => `All ${torrents(count)}.`,
    format: 'As',
    formats: {
      csv: { name: 'CSV', use: 'For spreadsheets. Opens in Excel and LibreOffice.' },
      jsonl: { name: 'JSON Lines', use: 'For programs: one object a line, with every field.' },
      magnets: { name: 'Magnet links', use: 'For torrent clients: one link a line.' },
    } satisfies Record<TransferFormat, { name: string; use: string }>,
    withFiles: 'With the lists of files',
    go: 'Export…',
    cancel: 'Cancel',
  },
  restoreDialog: {
    title: 'Restore this backup?',
    holds: (count: number, newestAtUnixSeconds: number | null) =>
      newestAtUnixSeconds === null
        ? 'is sound. It holds no torrents.'
        : `is sound. It holds ${torrents(count)}, the newest of ${formatExactTime(newestAtUnixSeconds)}.`,
    keeps: (count: number) =>
      `It takes the place of your catalogue with its ${torrents(count)}, which is kept beside it, so that you can undo this.`,
    keep: 'Keep what is there',
    confirm: 'Restore',
  },
  drop: {
    title: 'Drop to import',
    kinds: '.torrent files, lists of magnet links, exports (.csv, .jsonl), magnetico databases, Lanternfish backups',
  },
  shortcuts: { import: 'Import files', export: 'Export' },
} as const;
