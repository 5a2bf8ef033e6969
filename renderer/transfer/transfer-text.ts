// Progress and outcome of a transfer as texts.
import type { TransferDto } from '../../preload/transfer-contract.ts';
import { formatCount, formatSize } from '../shared/format.ts';
import { messages } from '../shared/messages.ts';

type Progress = NonNullable<TransferDto['progress']>;
const text = messages.transfer;

/** 0 to 1, or null where nobody knows how much there is. */
export function progressShare({ done, total }: Progress): number | null {
  return total === null || total === 0 ? null : Math.min(1, done / total);
}

export function progressText({ unit, done, total, counts }: Progress): string {
  const figure = unit === 'bytes' ? formatSize : formatCount;
  const far = text.progressOf(figure(done), total === null ? null : figure(total), unit === 'torrents');
  return counts === null ? far : `${far} · ${text.counts(counts)}`;
}

export function outcomeText({
  kind,
  state,
  problem,
  summary,
  torrentCount,
  sizeBytes,
  asidePath,
}: TransferDto): string {
  const counted = summary === null ? null : text.counts(summary);
  if (state === 'failed') return counted === null ? (problem ?? '') : `${problem}\n${text.keptSoFar(counted)}`;
  if (state === 'cancelled') return counted === null ? text.nothingLeft[kind] : text.keptSoFar(counted);
  if (kind === 'import') return `${counted}.`;
  const count = torrentCount ?? 0;
  if (kind === 'restore') return text.restored(count, asidePath);
  const size = formatSize(sizeBytes ?? 0);
  if (kind === 'move') return text.moved(size);
  return kind === 'backup' ? text.backedUp(count, size) : text.exported(count, size);
}
