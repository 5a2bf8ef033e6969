// The few words in a name that tell similar torrents apart, for the line under it: the list cuts names at their end, which
// is where people put them. Pure; only picks from what the name says, never guesses.

const TAGS_MAX = 4;
/** In the order they are shown. Each is looked for once, between characters that are no letters or digits. */
const PATTERNS = [
  /S\d{1,2}E\d{1,3}/i,
  /4320p|2160p|1440p|1080p|720p|576p|480p|4K|8K/i,
  /x26[45]|h\.?26[45]|HEVC|AV1/i,
  /FLAC|ALAC|MP3|AAC|M4B|Opus/i,
  /EPUB|PDF|MOBI|AZW3|DjVu|CBZ|CBR/i,
  /amd64|x86_64|arm64|aarch64|i386/i,
].map((pattern) => new RegExp(`(?<![\\p{L}\\p{N}])(?:${pattern.source})(?![\\p{L}\\p{N}])`, 'iu'));

/** Only the first part is read: names may be a thousand characters of anything. */
const CHARACTERS_READ_MAX = 300;

export function tagsOf(name: string): readonly string[] {
  const read = name.slice(0, CHARACTERS_READ_MAX);
  const tags: string[] = [];
  for (const pattern of PATTERNS) {
    const found = pattern.exec(read)?.[0];
    if (found !== undefined && tags.length < TAGS_MAX) tags.push(found);
  }
  return tags;
}
