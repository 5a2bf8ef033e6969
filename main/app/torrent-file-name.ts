// A name for a .torrent file that every file system takes, out of a name that a stranger chose. Pure.

const CHARACTERS_MAX = 120;
const RESERVED = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/** `fallback` where nothing of the name is left. Never a path, never hidden, never a device of Windows. */
export function torrentFileName(name: string, fallback: string): string {
  const plain = name
    .toWellFormed()
    .replace(/[\p{Cc}\p{Cf}\u2028\u2029\ufffd]/gu, '')
    .replace(/[/\\:*?"<>|]/g, ' ')
    .replace(/\s+/g, ' ');
  const cut = [...plain].slice(0, CHARACTERS_MAX).join('');
  const bare = cut.replace(/^[\s.]+|[\s.]+$/g, '');
  const safe = RESERVED.test(bare) ? `_${bare}` : bare;
  return `${safe === '' ? fallback : safe}.torrent`;
}
