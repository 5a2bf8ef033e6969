// `npm run search -- --data-dir DIR [--json] [--limit N] QUERY`: asks a catalogue in the terminal, also while a crawler
// writes to it. Reads only. Exit codes: 0 searched (found or not), 1 the catalogue could not be read, 2 bad arguments.
import { existsSync, statSync } from 'node:fs';
import { systemClock } from './base/clock.ts';
import { asCatalogueProblem } from './catalogue/catalogue-problem.ts';
import type { CatalogueReader } from './catalogue/catalogue-reader.ts';
import { latestVersion, schemaVersion } from './catalogue/migrations.ts';
import { openCatalogueReader } from './catalogue/open-catalogue.ts';
import { openDatabase } from './catalogue/open-database.ts';
import { parseSearchArguments, searchUsage, type SearchArguments } from './store/command-arguments.ts';
import { jsonLine, textLine } from './store/command-output.ts';
import { searchCatalogue } from './store/command-search.ts';

const BAD_ARGUMENTS = 2;
// `search ... | head` closes the pipe while we write; that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : 1);
});

const parsed = parseSearchArguments(process.argv.slice(2));
if ('help' in parsed) {
  process.stdout.write(searchUsage());
} else if ('problem' in parsed) {
  process.stderr.write(`${parsed.problem}\n`);
  process.exitCode = BAD_ARGUMENTS;
} else {
  search(parsed);
}

function search(options: SearchArguments): void {
  const { databasePath } = options;
  const nativeBinding = process.env['LANTERNFISH_SQLITE_BINDING'] ?? null;
  let reader: CatalogueReader | null = null;
  try {
    const problem = fileProblem(options) ?? versionProblem(databasePath, nativeBinding);
    if (problem !== null) {
      process.stderr.write(`${problem}\n`);
      process.exitCode = BAD_ARGUMENTS;
      return;
    }
    reader = openCatalogueReader({ databasePath, nativeBinding });
    print(reader, options);
  } catch (error) {
    process.stderr.write(`${asCatalogueProblem(error, databasePath).message}\n`);
    process.exitCode = 1;
  } finally {
    reader?.close();
  }
}

function fileProblem({ folder, databasePath }: SearchArguments): string | null {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    return `--data-dir wants an existing folder; there is none at ${folder}.`;
  }
  return existsSync(databasePath) ? null : `There is no catalogue in ${folder}: catalogue.db is missing.`;
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

function print(reader: CatalogueReader, { text, limit, isJson }: SearchArguments): void {
  const rows = searchCatalogue(reader, { text, limit, nowUnixSeconds: systemClock.nowUnixSeconds() });
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
