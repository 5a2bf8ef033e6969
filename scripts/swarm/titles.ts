// Invented titles for the synthetic torrents of demo and tests. Nobody's work is named; words of several scripts are
// there because search must find them.
import type { Random } from '../../main/base/random.ts';

export const CATEGORIES = ['video', 'audio', 'book', 'software', 'game'] as const;
export type Category = (typeof CATEGORIES)[number];

const ADJECTIVES = 'Amber Quiet Northern Paper Silver Hidden Winter Copper Distant Gentle Hollow Velvet Crimson Salt'.split(' '); // prettier-ignore
const NOUNS = 'Lighthouse Harbour Orchard Meadow Comet Lantern River Compass Garden Mountain Archive Whale Bicycle Teapot Observatory Railway'.split(' '); // prettier-ignore
const NAMES = 'Ilse Marlow;Tomas Brightwater;Nadia Fenwick;Oskar Lindqvist;Wren Adeyemi;Petra Kowalczyk;Hugo Santángel;Mireille Dubois'.split(';'); // prettier-ignore
const BANDS = 'The Paper Kites Club;Nordlicht Quartett;Salt & Cedar;Orquesta del Faro;Moss Radio;Tin Orchard;Björk och Gran Trio'.split(';'); // prettier-ignore
const PROJECTS = 'heron-linux;marlin-bsd;tidepool-server;finch-desktop;kelp-rescue;osprey-router;plankton-db'.split(
  ';',
);
const TOPICS = 'Beekeeping;Astronomy;Sourdough;Bookbinding;Knots;Watercolour;Botany;Clock Repair;Sailing;Calligraphy'.split(';'); // prettier-ignore
const GROUPS = 'LAMPION TIDE GLIM FATHOM KELP'.split(' ');
const FOREIGN_VIDEO = [
  '星の灯台 第{n}話',
  '深海のランタン - {n}',
  '静かな港の物語 {year}',
  '月光下的灯塔 第{n}集',
  '海洋纪录片 {year}',
  '달빛 등대 {n}화',
  '바다의 노래 {year}',
  'Тихая гавань {year} WEB-DLRip',
  'Северный маяк S01E{n}',
  "L'été des étoiles {year} FRENCH 1080p",
  'Die Möwe über dem Müllersee {year} GERMAN 720p',
  'El jardín de la montaña {year} SPANISH',
  'Światło nad zatoką {year} PL',
  'Ο φάρος του βορρά {year}',
];
const FOREIGN_AUDIO = [
  '灯台の歌 - 海と星',
  '夜の港 オーケストラ',
  'Песни маяка',
  '등대의 노래',
  'Été à la mer',
  '海边的钢琴曲',
];

export function makeTitle(category: Category, random: Random): string {
  const pick = <T>(items: readonly T[]): T => items[random.below(items.length)]!;
  const adjective = pick(ADJECTIVES);
  const noun = pick(NOUNS);
  const year = 1950 + random.below(76);
  const two = (limit: number): string => String(1 + random.below(limit)).padStart(2, '0');
  const isForeign = random.below(3) === 0;
  switch (category) {
    case 'video':
      if (isForeign) return pick(FOREIGN_VIDEO).replace('{n}', two(24)).replace('{year}', String(year));
      return pick([
        `The.${adjective}.${noun}.${year}.1080p.BluRay.x264-${pick(GROUPS)}`,
        `${adjective} ${noun} S${two(6)}E${two(22)} 720p WEB h264-${pick(GROUPS)}`,
        `[${pick(GROUPS)}] ${adjective} ${noun} - ${two(26)} [1080p]`,
        `${pick(TOPICS)} for Beginners (${year}) Documentary 2160p`,
      ]);
    case 'audio':
      if (isForeign) return `${pick(FOREIGN_AUDIO)} (${year}) [FLAC]`;
      return `${pick(BANDS)} - ${adjective} ${noun} (${year}) ${pick(['[FLAC 24-96]', '[MP3 320]', '[Opus]'])}`;
    case 'book':
      return `${pick(NAMES)} - The ${adjective} ${noun}: Notes on ${pick(TOPICS)} (${year}) ${pick(['[epub]', '[pdf]'])}`;
    case 'software':
      return `${pick(PROJECTS)}-${1 + random.below(24)}.${random.below(12)}.${random.below(30)}-${pick(['amd64', 'arm64', 'riscv64'])}`;
    case 'game':
      return `${noun} ${pick(['Tycoon', 'Quest', 'Racer', 'Tactics', 'Chronicles'])} ${adjective} Edition v1.${random.below(40)}`;
  }
}

export interface PlannedFile {
  readonly path: readonly string[];
  readonly sizeBytes: number;
}

const KIB = 1024;
const MIB = 1024 * KIB;

/** The files that a torrent of this title would have; one file with an empty path means a single-file torrent. */
export function planFiles(category: Category, title: string, random: Random): PlannedFile[] {
  const size = (from: number, to: number): number => from + random.below(to - from);
  const numbered = (count: number, extension: string, from: number, to: number): PlannedFile[] =>
    Array.from({ length: count }, (_, index) => ({
      path: [`${String(index + 1).padStart(2, '0')} - ${makeTrack(random)}.${extension}`],
      sizeBytes: size(from, to),
    }));
  switch (category) {
    case 'video':
      if (random.below(3) === 0) return [{ path: [], sizeBytes: size(300 * MIB, 3000 * MIB) }];
      return [
        { path: [`${title.slice(0, 80)}.mkv`], sizeBytes: size(300 * MIB, 3000 * MIB) },
        { path: ['Sample', 'sample.mkv'], sizeBytes: size(5 * MIB, 60 * MIB) },
        { path: ['Subs', 'English.srt'], sizeBytes: size(20 * KIB, 90 * KIB) },
        { path: ['Subs', '日本語.srt'], sizeBytes: size(20 * KIB, 90 * KIB) },
        { path: ['info.nfo'], sizeBytes: size(500, 9000) },
      ];
    case 'audio':
      return [
        ...numbered(4 + random.below(14), title.includes('MP3') ? 'mp3' : 'flac', 4 * MIB, 45 * MIB),
        { path: ['Artwork', 'front.jpg'], sizeBytes: size(90 * KIB, 900 * KIB) },
      ];
    case 'book':
      return [
        { path: [`${title.slice(0, 80).replaceAll(':', ' -')}.epub`], sizeBytes: size(200 * KIB, 8 * MIB) },
        { path: [`${title.slice(0, 80).replaceAll(':', ' -')}.pdf`], sizeBytes: size(MIB, 60 * MIB) },
        { path: ['cover.jpg'], sizeBytes: size(40 * KIB, 600 * KIB) },
      ];
    case 'software':
      return [{ path: [], sizeBytes: size(200 * MIB, 3500 * MIB) }];
    case 'game':
      return [
        { path: ['setup.exe'], sizeBytes: size(2 * MIB, 40 * MIB) },
        ...numbered(2 + random.below(8), 'pak', 100 * MIB, 700 * MIB).map((file) => ({
          ...file,
          path: ['data', ...file.path],
        })),
        { path: ['Readme', 'Liesmich – Übersicht.txt'], sizeBytes: size(800, 20 * KIB) },
      ];
  }
}

function makeTrack(random: Random): string {
  if (random.below(5) === 0) return FOREIGN_AUDIO[random.below(FOREIGN_AUDIO.length)]!;
  return `${ADJECTIVES[random.below(ADJECTIVES.length)]!} ${NOUNS[random.below(NOUNS.length)]!}`;
}
