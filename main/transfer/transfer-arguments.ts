// The command lines of `npm run export`, `import`, `backup` and `restore` as values, or a sentence that says what is wrong.
// Looks at no file.
import path from 'node:path';
import { parseArgs } from 'node:util';
import { CONTENT_TYPES, SORT_ORDERS } from '../store/store-contract.ts';
import { EXPORT_FORMATS, IMPORT_PATHS_MAX, SELECTED_MAX, type TransferJob } from './transfer-contract.ts';

export const TRANSFER_COMMANDS = ['export', 'import', 'backup', 'restore'] as const;
export type TransferCommandName = (typeof TRANSFER_COMMANDS)[number];

export interface TransferArguments {
  readonly folder: string;
  readonly databasePath: string;
  readonly isJson: boolean;
  /** The file that would be replaced, unless --force was given. */
  readonly mustNotExist: string | null;
  readonly job: TransferJob;
}

type Parsed = TransferArguments | { readonly problem: string } | { readonly help: true };

const COMMON = `  --data-dir DIR    the folder that holds catalogue.db
  --json            progress and summary as JSON, one object a line
`;
const EXIT_CODES = `Exit codes: 0 done, 1 failed (the reason is on stderr), 2 bad arguments, 130 cancelled with Ctrl+C.
`;

const USAGE: Readonly<Record<TransferCommandName, string>> = {
  export: `Usage: npm run export -- --data-dir DIR [options] FILE

  FILE              is written whole or not at all
${COMMON}  --format NAME     ${EXPORT_FORMATS.join(', ')}; without it the ending of FILE decides (.csv, .jsonl, .txt)
  --query TEXT      only what this search finds (the same language as in the window)
  --hash INFOHASH   only this torrent; may be given several times
  --type NAME       only ${CONTENT_TYPES.join(', ')}
  --sort NAME       with --query or --type: ${SORT_ORDERS.join(', ')} (default newest)
  --no-files        leave the file lists out
  --no-bom          CSV without a byte order mark (Excel then shows other alphabets wrongly)
  --force           replace FILE if it is there

Works while Lanternfish is running. ${EXIT_CODES}`,
  import: `Usage: npm run import -- --data-dir DIR [options] FILE...

  FILE              .torrent files or a folder of them; exports in JSON Lines or CSV; lists of magnet links or infohashes;
                    a magnetico database; another Lanternfish catalogue. What a file is, is told by its content
${COMMON}
Torrents merge by infohash. Infohashes without names are queued for discovery. ${EXIT_CODES}`,
  backup: `Usage: npm run backup -- --data-dir DIR [options] FILE

  FILE              is written whole, checked, or not at all
${COMMON}  --force           replace FILE if it is there

Works while Lanternfish is running. ${EXIT_CODES}`,
  restore: `Usage: npm run restore -- --data-dir DIR [options] FILE

  FILE              a backup; it is checked before anything is changed
${COMMON}
The catalogue of before is kept beside the new one; its name is printed, and restoring that file undoes it.
Close Lanternfish first. ${EXIT_CODES}`,
};

export const transferUsage = (command: TransferCommandName): string => USAGE[command];

const FORMAT_OF_ENDING: Readonly<Record<string, (typeof EXPORT_FORMATS)[number]>> = {
  '.csv': 'csv',
  '.jsonl': 'jsonl',
  '.ndjson': 'jsonl',
  '.txt': 'magnets',
};

/** Reads `argv` (without node and script). `problem` is one sentence. */
export function parseTransferArguments(command: TransferCommandName, argv: readonly string[]): Parsed {
  let parsed;
  try {
    parsed = parseArgs({ args: [...argv], allowPositionals: true, options: OPTIONS });
  } catch (error) {
    return { problem: (error instanceof Error ? error.message : String(error)).replaceAll(/\s*\n\s*/g, ' ') };
  }
  const { values, positionals } = parsed;
  if (values.help) return { help: true };
  const odd = EXPORT_ONLY.find((name) => values[name] !== undefined && command !== 'export');
  if (odd) return { problem: `--${odd} belongs to npm run export.` };
  if (!values['data-dir']) return { problem: '--data-dir DIR is missing: say which folder holds the catalogue.' };
  const paths = positionals.map((file) => path.resolve(file));
  if (paths.length === 0) return { problem: 'FILE is missing.' };
  if (paths.length > (command === 'import' ? IMPORT_PATHS_MAX : 1)) return { problem: 'There are too many FILEs.' };
  const job = jobOf(command, paths, values);
  if ('problem' in job) return job;
  const folder = path.resolve(values['data-dir']);
  const writes = 'targetPath' in job && !values.force ? job.targetPath : null;
  const databasePath = path.join(folder, 'catalogue.db');
  return { folder, databasePath, isJson: values.json ?? false, mustNotExist: writes, job };
}

const OPTIONS = {
  'data-dir': { type: 'string' },
  json: { type: 'boolean' },
  format: { type: 'string' },
  query: { type: 'string' },
  hash: { type: 'string', multiple: true },
  type: { type: 'string' },
  sort: { type: 'string' },
  'no-files': { type: 'boolean' },
  'no-bom': { type: 'boolean' },
  force: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;
const EXPORT_ONLY = ['format', 'query', 'hash', 'type', 'sort', 'no-files', 'no-bom'] as const;

interface Values {
  readonly format?: string | undefined;
  readonly query?: string | undefined;
  readonly hash?: string[] | undefined;
  readonly type?: string | undefined;
  readonly sort?: string | undefined;
  readonly 'no-files'?: boolean | undefined;
  readonly 'no-bom'?: boolean | undefined;
}

function jobOf(
  command: TransferCommandName,
  paths: readonly string[],
  values: Values,
): TransferJob | { problem: string } {
  const [first = ''] = paths;
  if (command === 'import') return { kind: 'import', paths };
  if (command === 'backup') return { kind: 'backup', targetPath: first };
  if (command === 'restore') return { kind: 'restore', sourcePath: first };
  const wanted = values.format ?? FORMAT_OF_ENDING[path.extname(first).toLowerCase()] ?? '';
  const format = EXPORT_FORMATS.find((name) => name === wanted);
  if (!format) return { problem: `--format is one of ${EXPORT_FORMATS.join(', ')}, not "${wanted}".` };
  const contentType = CONTENT_TYPES.find((name) => name === values.type) ?? null;
  if (values.type !== undefined && contentType === null) {
    return { problem: `--type is one of ${CONTENT_TYPES.join(', ')}, not "${values.type}".` };
  }
  const sort = SORT_ORDERS.find((name) => name === (values.sort ?? 'newest'));
  if (!sort) return { problem: `--sort is one of ${SORT_ORDERS.join(', ')}, not "${values.sort}".` };
  const odd = values.hash?.find((hash) => !/^[0-9a-f]{40}([0-9a-f]{24})?$/i.test(hash));
  if (odd !== undefined) return { problem: `--hash wants an infohash of 40 hexadecimal digits, not "${odd}".` };
  if ((values.hash?.length ?? 0) > SELECTED_MAX) return { problem: `--hash may be given ${SELECTED_MAX} times.` };
  if (values.hash && (values.query ?? values.type ?? values.sort) !== undefined)
    return { problem: '--hash names the torrents itself: it goes without --query, --type and --sort.' };
  const infohashesHex = values.hash?.map((hash) => hash.slice(0, 40).toLowerCase());
  const isAll = values.query === undefined && contentType === null && values.sort === undefined;
  return {
    kind: 'export',
    targetPath: first,
    format,
    scope: infohashesHex
      ? { kind: 'selection', infohashesHex }
      : isAll
        ? { kind: 'all' }
        : { kind: 'results', text: values.query ?? '', contentType, sort },
    withFiles: !values['no-files'],
    withByteOrderMark: !values['no-bom'],
  };
}
