// CSV as RFC 4180 has it: commas, CRLF, quotes doubled inside quotes. Cells that a spreadsheet would take for a formula are
// defused with an apostrophe, in a way that can be undone exactly.

/**
 * A cell beginning with one of these is computed by Excel, LibreOffice or Google Sheets, the full-width forms in some
 * languages of Excel as well. Where the list separator is `;` or a tab, the middle of a cell becomes the beginning of one.
 */
const FORMULA = /(?<=^|[;\t\r\n])(?:'|[^\S\t\r\n])*(?=[=+\-@\t\r\uff1d\uff0b\uff0d\uff20])/g;
const DEFUSED = /(?<=^|[;\t\r\n])((?:'|[^\S\t\r\n])*)'(?=[=+\-@\t\r\uff1d\uff0b\uff0d\uff20])/g;

/** `text` as it may stand in a spreadsheet's cell; `undefused` brings it back. */
export function defused(text: string): string {
  return text.replace(FORMULA, "$&'");
}

export function undefused(text: string): string {
  return text.replace(DEFUSED, '$1');
}

/** One record with its line end. Every text is quoted, so that no separator of any country divides it. */
export function csvRecord(cells: readonly (string | number | boolean | null)[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`;
}

function csvCell(cell: string | number | boolean | null): string {
  if (cell === null) return '';
  if (typeof cell !== 'string') return String(cell);
  return `"${defused(cell).replaceAll('"', '""')}"`;
}

/** The cells of one record as they stand there (still defused), or null when its quotes make no sense. */
export function parseCsvRecord(text: string, separator: string): string[] | null {
  const cells: string[] = [];
  let at = 0;
  for (;;) {
    if (text[at] === '"') {
      const end = closingQuote(text, at + 1);
      if (end < 0) return null;
      cells.push(text.slice(at + 1, end).replaceAll('""', '"'));
      at = end + 1;
      if (at < text.length && text[at] !== separator) return null;
    } else {
      const next = text.indexOf(separator, at);
      const end = next < 0 ? text.length : next;
      cells.push(text.slice(at, end));
      at = end;
    }
    if (at >= text.length) return cells;
    at++;
  }
}

function closingQuote(text: string, from: number): number {
  for (let at = text.indexOf('"', from); at >= 0; at = text.indexOf('"', at + 2)) {
    if (text[at + 1] !== '"') return at;
  }
  return -1;
}
