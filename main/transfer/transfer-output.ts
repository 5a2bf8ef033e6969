// Progress and outcome of a transfer as lines for a terminal.
import { sizeText } from '../store/command-output.ts';
import type { ImportSummary, SkipReason, TransferProgress, TransferResult } from './transfer-contract.ts';

const REASONS: Readonly<Record<SkipReason, string>> = {
  'unknown-format': 'nothing that can be imported',
  unreadable: 'cannot be read',
  'too-large': 'too large',
  damaged: 'damaged',
  'bad-torrent': 'no valid torrent',
  'no-infohash': 'no infohash',
  'bad-infohash': 'an infohash that is none',
  'no-name': 'no name',
  'bad-field': 'a figure that is none',
  'two-torrents': 'its two infohashes belong to two torrents here',
  blocked: 'blocked',
  invalid: 'known to make no sense',
  'no-room': 'the list of what is to be fetched is full',
};

export function progressLine({ unit, done, total, counts }: TransferProgress): string {
  const figure = (value: number): string => (unit === 'bytes' ? sizeText(value) : value.toLocaleString('en'));
  const share = total ? ` (${Math.floor((100 * done) / total)} %)` : '';
  const of = total === null ? '' : ` of ${figure(total)}`;
  const counted = counts ? `, ${countsText(counts)}` : '';
  return `${figure(done)}${of}${share}${unit === 'torrents' ? ' torrents' : ''}${counted}`;
}

export function outcomeLines(result: TransferResult, asidePath: string | null): string {
  const count = (value: number): string => value.toLocaleString('en');
  switch (result.kind) {
    case 'export':
      return `${count(result.writtenCount)} torrents are in ${result.targetPath} (${sizeText(result.sizeBytes)}).\n`;
    case 'move':
      return `The data is in ${result.targetDir} (${sizeText(result.sizeBytes)}).\n`;
    case 'backup':
      return `${count(result.torrentCount)} torrents are in ${result.targetPath} (${sizeText(result.sizeBytes)}); every page was checked.\n`;
    case 'restore':
      return (
        `The catalogue is now that of ${result.sourcePath}: ${count(result.torrentCount)} torrents.\n` +
        (asidePath === null ? '' : `The one of before is kept as ${asidePath}; restore that file to undo this.\n`)
      );
    case 'import':
      return importLines(result);
  }
}

export function failureLines(
  outcome:
    | { readonly kind: 'cancelled'; readonly summary: ImportSummary | null }
    | { readonly kind: 'failed'; readonly problem: string; readonly summary: ImportSummary | null },
): string {
  const first = outcome.kind === 'failed' ? `${outcome.problem}\n` : 'Cancelled.\n';
  if (outcome.summary === null) return outcome.kind === 'failed' ? first : `${first}Nothing was left behind.\n`;
  return `${first}What was imported before stays:\n${importLines(outcome.summary)}`;
}

function importLines(summary: ImportSummary): string {
  const lines = [`${countsText(summary)}.`];
  for (const { fileName, line, reason } of summary.skipped) {
    lines.push(`  skipped ${fileName}${line === null ? '' : `:${line}`}: ${REASONS[reason]}`);
  }
  const untold = summary.skippedCount - summary.skipped.length;
  if (untold > 0) lines.push(`  and ${untold.toLocaleString('en')} more`);
  return `${lines.join('\n')}\n`;
}

function countsText({
  newCount,
  mergedCount,
  queuedCount,
  forgottenCount,
  skippedCount,
}: Omit<ImportSummary, 'skipped' | 'skippedByReason'>): string {
  const count = (value: number): string => value.toLocaleString('en');
  const queued = queuedCount > 0 ? `, ${count(queuedCount)} to be fetched` : '';
  const forgotten = forgottenCount > 0 ? `, ${count(forgottenCount)} forgotten to make room` : '';
  return `${count(newCount)} new, ${count(mergedCount)} merged${queued}, ${count(skippedCount)} skipped${forgotten}`;
}
