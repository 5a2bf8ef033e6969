// Makes torrents that look like what the DHT has, any number, the same for the same seed: release names with years,
// episodes, resolutions and groups; music, books, programs, games; a few percent each of Cyrillic, accents, Han and Kana,
// Hangul, Thai, and names that are only codes. Words and titles follow Zipf's law, so that some are in every tenth name and
// most in one. All words are made up of syllables or are everyday words: nothing here names a real work.
import { createSeededRandom, type Random } from '../../main/base/random.ts';
import type { Torrent, TorrentFile } from '../../main/catalogue/torrent.ts';

const EVERYDAY =
  'the of and in to night day house river stone winter summer city light dark road king queen garden silent last first ' +
  'lost blue red black white golden broken hidden story return island mountain ocean shadow dream fire water heart time ' +
  'world star moon sun train letter window mirror bird wolf horse dragon knight forest desert storm rain snow wind north ' +
  'south east west old new great little long deep high wild quiet secret second third ghost stranger friend brother ' +
  'sister mother father children people street bridge tower castle kingdom empire space planet machine engine signal ' +
  'memory music song dance guitar piano voice electric acoustic live session volume guide introduction history modern ' +
  'practical advanced complete essential handbook science nature cooking travel painting language programming design';

const SYLLABLES =
  'ba be bo da de do ka ko la le lo ma me mi mo na ne no pa per ra re ri ro sa se so ta te ti to va ve vi zo';
const CYRILLIC =
  'ночь день дом река камень зима лето город свет дорога король сад тишина мир ёлка йод война письмо море снег';
const ACCENTED =
  'été forêt château rêve hôtel année mère père über straße mädchen schön größe señor mañana corazón niño';
const HAN =
  '東京物語夏休花火山川海空星夜朝春秋冬雨雪風森林水木金土日月年時間世界人生心愛夢剣士魔法学園少女少年伝説戦記';
const KANA = 'あいうえおかきくけこさしすせそたちつてとなにのはまやらりるガギグゴザダバパアイウエオカキクケコン';
const HANGUL = '사랑 겨울 여름 도시 바다 하늘 비밀 시간 세계 이야기 친구 학교 전쟁 왕국 마법 영화 드라마 음악';
const THAI = 'ความรัก บ้าน ทะเล ภูเขา เมือง กลางคืน ดวงดาว เพลง เพื่อน โรงเรียน';

const TECH = {
  resolution: ['1080p', '1080p', '720p', '720p', '2160p', '480p'],
  source: ['WEB-DL', 'WEB-DL', 'WEBRip', 'BluRay', 'HDTV', 'BDRip', 'DVDRip'],
  codec: ['x264', 'x264', 'x265', 'H.264', 'HEVC', 'XviD', 'AV1'],
  sound: ['AAC', 'DDP5.1', 'AC3', 'DTS', '10bit', ''],
  music: ['FLAC', 'FLAC', 'MP3 320', 'MP3', '24bit-96kHz'],
  book: ['epub', 'epub', 'pdf', 'mobi', 'azw3'],
} as const;

export interface CorpusShape {
  /** Rarer words, the commonest first; made up of syllables where none are given. */
  readonly words?: readonly string[];
  readonly titleCount?: number;
  /** File lists as long as search.md's: log-normal, median 2 to 3, mean 5, some hundreds. */
  readonly hasLongLists?: boolean;
}

/** `torrent(index)` depends only on the seed and the index. */
export class Corpus {
  readonly #seed: number;
  readonly #hasLongLists: boolean;
  readonly #words: readonly string[];
  readonly #shows: readonly string[];
  readonly #groups: readonly string[];

  constructor(seed = 1, { words, titleCount = 8000, hasLongLists = false }: CorpusShape = {}) {
    this.#seed = seed;
    this.#hasLongLists = hasLongLists;
    const random = createSeededRandom(seed);
    const rare = words ?? Array.from({ length: 20_000 }, () => madeUpWord(random));
    this.#words = [...EVERYDAY.split(' '), ...rare];
    this.#shows = Array.from({ length: titleCount }, () => this.#title(random, 1, 4).join(' '));
    this.#groups = Array.from({ length: 800 }, () => madeUpWord(random).toUpperCase().slice(0, 6));
  }

  name(index: number): string {
    return this.#nameBy(this.#randomOf(index)).name;
  }

  torrent(index: number): Torrent {
    const random = this.#randomOf(index);
    const { name, extension, medianBytes } = this.#nameBy(random);
    const fileCount = this.#hasLongLists
      ? Math.min(500, Math.max(1, Math.round(Math.exp(0.7 + 1.35 * gauss(random)))))
      : Math.min(200, Math.max(1, Math.round(Math.exp(2.2 * random.fraction() ** 2))));
    const sizeBytes = Math.round(medianBytes * Math.exp(2 * random.fraction() - 1));
    return {
      infohashV1: random.bytes(20),
      infohashV2: null,
      name,
      sizeBytes,
      fileCount,
      files: this.#files(random, { name, extension, fileCount, sizeBytes }),
      isPrivate: false,
      peersSeen: Math.floor(1 / (1 - random.fraction() * 0.999) ** 0.85) - 1,
      discoveredAtUnixSeconds: 1_700_000_000 + index * 7,
    };
  }

  #randomOf(index: number): Random {
    return createSeededRandom(Math.imul(this.#seed, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b));
  }

  #nameBy(random: Random): { name: string; extension: string; medianBytes: number } {
    const kind = random.fraction();
    const show = zipf(random, this.#shows);
    const group = zipf(random, this.#groups);
    const year = 1960 + random.below(66);
    const tech = [pick(random, TECH.resolution), pick(random, TECH.source), pick(random, TECH.codec)];
    const video = { extension: 'mkv', medianBytes: 1.5e9 };
    if (kind < 0.25) {
      const episode = `S${two(1 + random.below(9))}E${two(1 + random.below(20))}`;
      const sound = pick(random, TECH.sound);
      return {
        name: `${[...show.split(' '), episode, ...tech, ...(sound ? [sound] : [])].join('.')}-${group}`,
        ...video,
      };
    }
    if (kind < 0.45) return { name: `${show.replaceAll(' ', '.')}.${year}.${tech.join('.')}-${group}`, ...video };
    if (kind < 0.51) return { name: `[${group}] ${show} - ${two(1 + random.below(60))} (${tech[0]})`, ...video };
    if (kind < 0.63) {
      const name = `${show} - ${this.#title(random, 1, 4).join(' ')} (${year}) [${pick(random, TECH.music)}]`;
      return { name, extension: 'flac', medianBytes: 3e8 };
    }
    if (kind < 0.73) {
      const name = `${this.#title(random, 2, 7).join(' ')} (${year}) ${pick(random, TECH.book)}`;
      return { name, extension: 'epub', medianBytes: 1.2e7 };
    }
    if (kind < 0.79) {
      const name = `${show} v${1 + random.below(20)}.${random.below(10)} x64 Multilingual-${group}`;
      return { name, extension: 'exe', medianBytes: 2e8 };
    }
    if (kind < 0.82) return { name: `${show} Deluxe Edition [${group} Repack]`, extension: 'bin', medianBytes: 1.5e10 };
    if (kind < 0.86) return { name: Buffer.from(random.bytes(12)).toString('hex'), extension: 'mp4', medianBytes: 8e8 };
    return { name: this.#foreignName(random, { year, group, tech: tech.join('.') }), ...video };
  }

  #foreignName(random: Random, { year, group, tech }: { year: number; group: string; tech: string }): string {
    const kind = random.fraction();
    const some = (list: string): string =>
      Array.from({ length: 1 + random.below(3) }, () => pick(random, list.split(' '))).join(' ');
    if (kind < 0.35)
      return `${some(CYRILLIC)} / ${this.#title(random, 1, 3).join(' ')} (${year}) ${tech.replaceAll('.', ' ')}`;
    if (kind < 0.55) return `${some(ACCENTED).replaceAll(' ', '.')}.${year}.FRENCH.${tech}-${group}`;
    if (kind < 0.88) {
      const letters = random.fraction() < 0.6 ? HAN : HAN + KANA;
      const title = Array.from({ length: 2 + random.below(6) }, () => pick(random, [...letters])).join('');
      return random.fraction() < 0.5
        ? `[${group}] ${title} 第${1 + random.below(24)}話 [1080p]`
        : `【${title}】[${year}]`;
    }
    return kind < 0.96
      ? `${some(HANGUL)}.${year}.${tech}-${group}`
      : `${some(THAI).replaceAll(' ', '')} ${year} ${tech}`;
  }

  #title(random: Random, min: number, max: number): string[] {
    const count = min + random.below(max - min + 1);
    return Array.from({ length: count }, () => capital(zipf(random, this.#words)));
  }

  #files(
    random: Random,
    {
      name,
      extension,
      fileCount,
      sizeBytes,
    }: { name: string; extension: string; fileCount: number; sizeBytes: number },
  ): TorrentFile[] {
    if (fileCount === 1) return [{ path: `${name}.${extension}`, sizeBytes }];
    return Array.from({ length: fileCount }, (_, index) => ({
      path: `${two(index + 1)} - ${this.#title(random, 1, 3).join(' ')}.${index === 3 ? 'jpg' : extension}`,
      sizeBytes: Math.floor(sizeBytes / fileCount),
    }));
  }
}

/** Of the normal distribution (Box and Muller). */
const gauss = (random: Random): number =>
  Math.sqrt(-2 * Math.log(1 - random.fraction())) * Math.cos(2 * Math.PI * random.fraction());
const two = (number: number): string => String(number).padStart(2, '0');
const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);
const pick = <T>(random: Random, from: readonly T[]): T => from[random.below(from.length)]!;

/** An element of `from`, the n-th about n times as rare as the first: the inverse of a log-uniform distribution. */
function zipf<T>(random: Random, from: readonly T[]): T {
  return from[Math.floor((from.length + 8) ** random.fraction() * 8 ** (1 - random.fraction())) % from.length]!;
}

function madeUpWord(random: Random): string {
  const syllables = SYLLABLES.split(' ');
  return Array.from({ length: 2 + random.below(3) }, () => pick(random, syllables)).join('');
}
