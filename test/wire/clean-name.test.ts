import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cleanName, cleanPath, decodeText, PART_BYTES_MAX, PATH_BYTES_MAX } from '../../main/wire/clean-name.ts';

const INVISIBLE = /[\0-\x1f\x7f-\x9f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]|\p{Surrogate}/u;
const DEVICE = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:$|[\s.:])/i;

describe('cleanName', () => {
  it.each([
    ['Plain Name (2019) [1080p]', 'Plain Name (2019) [1080p]'],
    ['Été – 日本語 한국어 Привет', 'Été – 日本語 한국어 Привет'],
    ['../../etc/passwd', 'etc_passwd'],
    ['..\\..\\Windows\\System32', 'Windows_System32'],
    ['AC/DC', 'AC_DC'],
    ['/absolute', 'absolute'],
    ['\\\\server\\share', 'server_share'],
    ['C:\\Users\\x', 'C__Users_x'],
    ['c:evil.exe', 'c_evil.exe'],
    ['', '_'],
    ['.', '_'],
    ['..', '_'],
    ['...', '_'],
    ['. .', '_'],
    ['   ', '_'],
    ['a\0b', 'ab'],
    ['con', '_con'],
    ['NUL.txt', '_NUL.txt'],
    ['Com1 .mkv', '_Com1 .mkv'],
    ['lpt9', '_lpt9'],
    ['console', 'console'],
    ['aux\u200b', '_aux'],
    ['.\u200b.', '_'],
    ['trailing dots...', 'trailing dots'],
    ['trailing space ', 'trailing space'],
    ['invoice\u202efdp.exe', 'invoicefdp.exe'],
    ['zero\u200bwidth\ufeff', 'zerowidth'],
    ['line\nbreak\tand\u2028more', 'line break and more'],
    ['bell\x07 c1\x9b', 'bell c1'],
    ['half \ud83d pair', 'half  pair'],
    ['whole \u{1f41f} pair', 'whole \u{1f41f} pair'],
    ['.hidden', '.hidden'],
  ])('turns %j into %j', (name, clean) => {
    expect(cleanName(name)).toBe(clean);
  });

  it('cuts at 255 bytes without breaking a character, and keeps the extension', () => {
    const clean = cleanName(`${'語'.repeat(200)}.mkv`);
    expect(Buffer.byteLength(clean)).toBeLessThanOrEqual(PART_BYTES_MAX);
    expect(clean).toBe(`${'語'.repeat(83)}.mkv`);
    expect(cleanName('🐟'.repeat(100))).toBe('🐟'.repeat(63));
    expect(cleanName(`a.${'b'.repeat(400)}`)).toBe(`a.${'b'.repeat(253)}`);
    expect(cleanName(`${'.'.repeat(300)}${'x'.repeat(30)}`)).toBe('_');
  });

  it('reads bytes as UTF-8 and shows what is not', () => {
    expect(cleanName(Buffer.from('caf\xe9', 'latin1'))).toBe('caf\ufffd');
    expect(decodeText(Buffer.from('caf\xe9', 'latin1')).hasBadEncoding).toBe(true);
    expect(decodeText(Buffer.from('café')).hasBadEncoding).toBe(false);
  });
});

describe('cleanPath', () => {
  it.each<[string[], string]>([
    [['Season 1', 'E01.mkv'], 'Season 1/E01.mkv'],
    [['..', '..', 'etc', 'passwd'], 'etc/passwd'],
    [['a/../../b', 'c\\d'], 'a/b/c/d'],
    [['', '.', 'x'], 'x'],
    [['C:', 'x'], 'C_/x'],
    [['nul', 'con.txt'], '_nul/_con.txt'],
    [[], '_'],
    [['..'], '_'],
  ])('turns %j into %j', (path, clean) => {
    expect(cleanPath(path)).toBe(clean);
  });

  it('keeps a path below PATH_BYTES_MAX by leaving out folders, never the file name', () => {
    const clean = cleanPath([...Array.from({ length: 90 }, () => 'd'.repeat(250)), 'film.mkv']);
    expect(Buffer.byteLength(clean)).toBeLessThanOrEqual(PATH_BYTES_MAX);
    expect(clean.endsWith('/_/film.mkv')).toBe(true);
  });
});

describe('monstrous names', () => {
  // One info dictionary may be a single name of 10 MiB; the thread that cleans it also serves the socket.
  it.each<[string, string]>([
    ['dots', `${'.'.repeat(500_000)}x`],
    ['spaces', `a${' '.repeat(500_000)}x`],
    ['slashes', 'a/'.repeat(1_000_000)],
    ['dots between slashes', '. ./'.repeat(1_000_000)],
    ['zero-width characters', '\u200b'.repeat(1_000_000)],
    ['halves of pairs', '\ud800'.repeat(1_000_000)],
    ['letters', 'é'.repeat(2_000_000)],
  ])('%s', (_what, name) => {
    const startedAtMs = performance.now();
    expect(Buffer.byteLength(cleanName(name))).toBeLessThanOrEqual(PART_BYTES_MAX);
    expect(Buffer.byteLength(cleanPath([name, 'film.mkv']))).toBeLessThanOrEqual(PATH_BYTES_MAX);
    expect(Buffer.byteLength(cleanPath([name, name]))).toBeLessThanOrEqual(PATH_BYTES_MAX);
    expect(performance.now() - startedAtMs).toBeLessThan(500);
  });

  it('keep their beginning and their extension', () => {
    const clean = cleanName(`Film ${'x'.repeat(100_000)}.mkv`);
    expect([clean.slice(0, 6), clean.slice(-5)]).toEqual(['Film x', 'x.mkv']);
  });
});

describe('any name at all', () => {
  const nasty = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 400 }),
    fc.string({ unit: fc.constantFrom('.', ' ', '/', '\\', ':', 'c', 'o', 'n', 'C', '\u202e', '\ud800', '\0', '語', '\u3000') }), // prettier-ignore
    fc.uint8Array({ maxLength: 600 }),
  );

  function expectSafePart(part: string): void {
    expect(part).not.toBe('');
    expect(part).not.toMatch(/^\.{1,2}$|[/\\]|^[a-z]:|[\s.]$/i);
    expect(part).not.toMatch(INVISIBLE);
    expect(part).not.toMatch(DEVICE);
    expect(Buffer.byteLength(part)).toBeLessThanOrEqual(PART_BYTES_MAX);
  }

  it('becomes one safe part, the same when cleaned again', () => {
    fc.assert(
      fc.property(nasty, (name) => {
        const clean = cleanName(name);
        expectSafePart(clean);
        expect(cleanName(clean)).toBe(clean);
      }),
      { numRuns: 3000 },
    );
  });

  it('becomes a relative path of safe parts', () => {
    fc.assert(
      fc.property(fc.array(nasty, { maxLength: 6 }), (path) => {
        const clean = cleanPath(path);
        clean.split('/').forEach(expectSafePart);
        expect(Buffer.byteLength(clean)).toBeLessThanOrEqual(PATH_BYTES_MAX);
      }),
      { numRuns: 2000 },
    );
  });
});
