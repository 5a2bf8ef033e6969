// The search only reads, so damage that it meets is for the writer to look to.
import type { Port } from '../base/port.ts';
import type { SearchToWriter, WriterToSearch } from './writer-search-contract.ts';

/** Tells the writer when `error` says that the catalogue's file cannot be read. */
export function tellDamage(writer: Port<WriterToSearch, SearchToWriter> | null, error: unknown): void {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (/^SQLITE_(CORRUPT|NOTADB|IOERR)/.test(code)) writer?.post({ type: 'damage-met', code });
}
