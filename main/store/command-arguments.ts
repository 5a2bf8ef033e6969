// The command line of `npm run search` as values, or a sentence that says what is wrong with it. Looks at no file.
import path from 'node:path';
import { parseArgs } from 'node:util';
import { asksForSomething } from './command-search.ts';

const LIMIT_DEFAULT = 50;
const LIMIT_MAX = 10_000;

export interface SearchArguments {
  readonly folder: string;
  readonly databasePath: string;
  readonly text: string;
  readonly limit: number;
  readonly isJson: boolean;
}

export function searchUsage(): string {
  return `Usage: npm run search -- --data-dir DIR [options] QUERY

  QUERY             words, "phrases", -excluded words, an infohash or a magnet link; several arguments are one query
                    (put -- before a query that begins with a dash)
  --data-dir DIR    the folder that holds catalogue.db
  --limit N         at most so many results, 1 to ${LIMIT_MAX} (default ${LIMIT_DEFAULT})
  --json            one JSON object a line
`;
}

/** Reads `argv` (without node and script). `problem` is one sentence. */
export function parseSearchArguments(
  argv: readonly string[],
): SearchArguments | { readonly problem: string } | { readonly help: true } {
  let parsed;
  try {
    parsed = parseArgs({
      args: [...argv],
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
  const { values, positionals } = parsed;
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
  return { folder, databasePath: path.join(folder, 'catalogue.db'), text, limit, isJson: values.json ?? false };
}
