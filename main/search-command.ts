// `npm run search -- --data-dir DIR [--json] [--limit N] QUERY`: asks a catalogue in the terminal, also while a crawler
// writes to it. Reads only. Exit codes: 0 searched (found or not), 1 the catalogue could not be read, 2 bad arguments.
import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { CatalogueReader } from './catalogue/catalogue-reader.ts';
import { latestVersion, schemaVersion } from './catalogue/migrations.ts';
import { openCatalogueReader } from './catalogue/open-catalogue.ts';
import { openDatabase } from './catalogue/open-database.ts';
import { jsonLine, textLine } from './store/command-output.ts';
import { asksForSomething, searchCatalogue } from './store/command-search.ts';

const BAD_ARGUMENTS = 2;
const LIMIT_DEFAULT = 50;
const LIMIT_MAX = 10_000;
const USAGE = `Usage: npm run search -- --data-dir DIR [options] QUERY

  QUERY             words, "phrases", -excluded words, an infohash or a magnet link; several arguments are one query
                    (put -- before a query that begins with a dash)
  --data-dir DIR    the folder that holds catalogue.db
  --limit N         at most so many results, 1 to ${LIMIT_MAX} (default ${LIMIT_DEFAULT})
  --json            one JSON object a line
`;

interface SearchArguments {
  readonly databasePath: string;
  readonly text: string;
  readonly limit: number;
  readonly isJson: boolean;
}

// `search ... | head` closes the pipe while we write; that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : 1);
});

const parsed = parseSearchArguments(process.argv.slice(2));
if ('help' in parsed) {
  process.stdout.write(USAGE);
} else if ('problem' in parsed) {
  process.stderr.write(`${parsed.problem}\n`);
  process.exitCode = BAD_ARGUMENTS;
} else {
  search(parsed);
}

function parseSearchArguments(
  argv: string[],
): SearchArguments | { readonly problem: string } | { readonly help: true } {
  let parsedArguments;
  try {
    parsedArguments = parseArgs({
      args: argv,
      allowPositionals: true,
      options: {
        'data-dir': { type: 'string' },
        limit: { type: 'string' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
  const { values, positionals } = parsedArguments;
  if (values.help) return { help: true };
  const dataDir = values['data-dir'];
  if (!dataDir) return { problem: '--data-dir DIR is missing: say which folder holds the catalogue.' };
  const limit = values.limit === undefined ? LIMIT_DEFAULT : Number(values.limit);
  if (!/^\d+$/.test(values.limit ?? '1') || limit < 1 || limit > LIMIT_MAX) {
    return { problem: `--limit is a whole number from 1 to ${LIMIT_MAX}, not "${values.limit}".` };
  }
  const text = positionals.join(' ');
  if (!asksForSomething(text)) return { problem: 'The query is missing: say what to search for.' };
  const folder = path.resolve(dataDir);
  const databasePath = path.join(folder, 'catalogue.db');
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    return { problem: `--data-dir wants an existing folder; there is none at ${folder}.` };
  }
  if (!existsSync(databasePath)) return { problem: `There is no catalogue in ${folder}: catalogue.db is missing.` };
  return { databasePath, text, limit, isJson: values.json ?? false };
}

function search({ databasePath, text, limit, isJson }: SearchArguments): void {
  let reader: CatalogueReader | null = null;
  try {
    const nativeBinding = process.env['LANTERNFISH_SQLITE_BINDING'] ?? null;
    const problem = versionProblem(databasePath, nativeBinding);
    if (problem !== null) {
      process.stderr.write(`${problem}\n`);
      process.exitCode = BAD_ARGUMENTS;
      return;
    }
    reader = openCatalogueReader({ databasePath, nativeBinding });
    print(reader, { text, limit, isJson });
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  } finally {
    reader?.close();
  }
}

/** A sentence when the file was not written by this version or an older one; null when it can be read. */
function versionProblem(databasePath: string, nativeBinding: string | null): string | null {
  const database = openDatabase({ path: databasePath, role: 'reader', nativeBinding });
  try {
    const version = schemaVersion(database, databasePath);
    if (version === 0) return `The catalogue ${databasePath} is empty: nothing has been stored in it yet.`;
    if (version <= latestVersion()) return null;
    return `The catalogue ${databasePath} was written by a newer Lanternfish (format ${version}; this one knows ${latestVersion()}). Install the newer Lanternfish to search it.`;
  } finally {
    database.close();
  }
}

function print(reader: CatalogueReader, { text, limit, isJson }: Omit<SearchArguments, 'databasePath'>): void {
  const rows = searchCatalogue(reader, text, limit);
  if (isJson) {
    for (const row of rows) {
      const details = reader.detailsById(row.id, { withFiles: false });
      if (details !== null) process.stdout.write(`${jsonLine(details)}\n`);
    }
    return;
  }
  const columns = process.stdout.isTTY ? process.stdout.columns : null;
  if (rows.length === 0) process.stdout.write('Nothing found.\n');
  for (const row of rows) process.stdout.write(`${textLine(row, columns)}\n`);
  if (rows.length === limit) process.stderr.write(`Only the first ${limit} are shown; --limit shows more.\n`);
}
