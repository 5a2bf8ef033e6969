// The title in a torrent's name: `[Group] Some.Show.S03E07.1080p.WEB-DL.x264-GRP.mkv` -> `Some Show`. For suggestions only;
// a wrong guess costs a useless line in a list. Any input gives an answer.

/** Longer titles are not worth a line in the drop-down. */
const TITLE_CHARACTERS_MAX = 80;
const NAME_CHARACTERS_READ = 300;

const EXTENSION =
  /\.(mkv|mp4|avi|mov|wmv|ts|m4v|mp3|flac|m4a|m4b|epub|pdf|mobi|azw3|cbr|cbz|zip|rar|7z|iso|exe|dmg|apk)$/i;
/** Who posted it: `[Group]`, `www.site.org - `, `[ site.net ] -`. */
const POSTER = /^\s*(\[[^\]]{0,60}\]|【[^】]{0,30}】|(?:https?:\/\/)?www\.[\w-]{1,60}\.[a-z]{2,6}\b)[\s_-]*/i;
/** What follows a title: a year, an episode or season, a resolution, a format, an edition. */
const AFTER_TITLE = new RegExp(
  '[\\s([{【-]+(?:(?:19|20)\\d\\d|s\\d{1,2}(?:e\\d{1,4})?|\\d{1,2}x\\d{2}|\\d{3,4}[pi]|4k|season\\s\\d+|episode\\s\\d+|' +
    'complete|web-?dl|web-?rip|web|blu-?ray|bd-?rip|br-?rip|dvd-?rip|dvd|hdtv|hdrip|x26[45]|h\\s?26[45]|hevc|xvid|' +
    'flac|mp3|320kbps|epub|pdf|mobi|azw3|fb2|discography|v\\d+(?:\\s\\d+)*|x64|x86|multi|repack|goty|deluxe|' +
    'french|german|spanish|truefrench|italian)\\b',
  'i',
);
const EPISODE_NUMBER = /\s[-–]\s\d{1,4}\b|\s?第\d+[話话集回]/;
const BRACKET = /[\s_]*[[(【{]/;

/** Hexadecimal and other codes. */
const CODE = /^[\dA-F-]{8,}$|^(?=.*\d)[^\s]{16,}$/i;

/** Null when no title can be told. */
export function cleanTitle(name: string): string | null {
  const whole = name.slice(0, NAME_CHARACTERS_READ).replace(EXTENSION, '');
  const once = whole.replace(POSTER, '');
  // What looks like a poster may be the title itself, in brackets: then nothing but formats follows.
  return titleIn(once.replace(POSTER, '')) ?? titleIn(once) ?? titleIn(whole);
}

function titleIn(text: string): string | null {
  let rest = text.replace(/^[\s[(【{]+/, '').replace(/[._]+/g, ' ');
  for (const end of [AFTER_TITLE, EPISODE_NUMBER, BRACKET, /[\])】}]/]) {
    const at = rest.search(end);
    if (at > 0) rest = rest.slice(0, at);
  }
  const title = rest.replace(/\s+/g, ' ').replace(/^[\s\-–+,]+|[\s\-–+,]+$/g, '');
  const isFormat = !title.includes(' ') && ` ${title}`.search(AFTER_TITLE) === 0;
  if (isFormat || title.length < 2 || title.length > TITLE_CHARACTERS_MAX || CODE.test(title)) return null;
  return /\p{L}/u.test(title) ? title : null;
}
