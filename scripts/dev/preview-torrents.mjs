// Several hundred torrents for the preview of the window: free films, public-domain books, open software, in many scripts,
// with the lengths and odd names that real ones have. The same every time. Nothing here is a real infohash.

const NAMES = {
  video: [
    'Big Buck Bunny (2008) 2160p 60fps x265 FLAC 5.1',
    'Sintel.2010.1080p.BluRay.x264-OpenFilm',
    'Tears of Steel 2012 4K DCP master',
    'Metropolis (1927) restored, German intertitles, 1080p',
    'Nosferatu – Eine Symphonie des Grauens (1922) [restored]',
    'Броненосец «Потёмкин» (1925) реставрация 1080p',
    '東京物語 小津安二郎 資料映像 1953 1080p',
    'رحلة في البحر الأحمر - وثائقي كامل 1080p',
    'Le Voyage dans la Lune (1902) couleur, restauré 4K',
    'NASA.Apollo.11.Onboard.Film.16mm.Scan.ProRes.422.HQ.Complete.Magazines.A-through-Z.With.Synchronised.Air-to-Ground.Audio.2160p',
    'Deep Ocean Live Streams S03E07 1080p x265',
    'Deep Ocean Live Streams S03E08 1080p x265',
    'सागर की गहराइयाँ (वृत्तचित्र) 1080p',
    'Night of the Living Dead 1968 4K restoration',
  ],
  audio: [
    'Goldberg Variations - Kimiko Ishizaka (Open Goldberg) [FLAC 24-96]',
    'Musopen - Chopin complete nocturnes FLAC',
    'LibriVox - Moby-Dick, or The Whale (64kbps M4B)',
    'Ocean Ambience Vol. 4 – hydrophone recordings, Monterey',
    '深海の音 フィールドレコーディング集 (FLAC)',
    'Ελληνικά δημοτικά τραγούδια 1930-1950 [MP3 320]',
    'Lomax Field Recordings, Mississippi 1941 (public domain)',
  ],
  book: [
    'Project Gutenberg top 500 EPUB 2026-03',
    'Twenty Thousand Leagues Under the Seas - Jules Verne (illustrated PDF)',
    '三体力学讲义 (扫描版 PDF)',
    'Толковый словарь живого великорусского языка, Даль (DjVu)',
    'ספר המסעות של בנימין מטודלה (סריקה)',
    'The Voyage of the Beagle, Darwin, first edition scan',
    '해양생물도감 PDF 고화질',
    'Österreichisches Küchenbuch 1898 – gescannt, OCR',
  ],
  software: [
    'debian-13.4.0-amd64-DVD-1.iso',
    'ubuntu-26.04-desktop-arm64.iso',
    'archlinux-2026.11.01-x86_64.iso',
    'LibreOffice 26.2 all languages (Windows, macOS, Linux)',
    'Wikipedia ZIM en_all_maxi_2026-06',
    'Blender 5.2 LTS + demo files',
    'openSUSE-Leap-16.1-DVD-x86_64-Media.iso',
    'FreeBSD-15.0-RELEASE-amd64-memstick.img.xz',
  ],
  game: [
    '0 A.D. Alpha 28 (Linux, Windows, macOS)',
    'Battle for Wesnoth 1.20 + all add-on campaigns',
    'SuperTuxKart 1.6 assets pack',
    'ゲームジャム作品集 2026 オープンソース',
  ],
  other: [
    'OpenStreetMap planet 2026-11-02 (PBF)',
    'GEBCO_2026 ocean bathymetry grid NetCDF',
    'ชุดข้อมูลภูมิอากาศ 2026',
    '🐟 fish calls dataset v2',
    'a',
    '........README.please.................................txt',
  ],
};
const KINDS = ['video', 'video', 'audio', 'book', 'video', 'software', 'other', 'audio', 'game', 'book', 'software'];
const BYTES = { video: 2.1e9, audio: 4.2e8, book: 3.4e7, software: 4.7e9, game: 1.3e9, other: 9.1e8 };

/** The first are minutes old, the last years. */
export function sampleTorrents(count, nowUnixSeconds) {
  return Array.from({ length: count }, (_, index) => {
    const contentType = KINDS[index % KINDS.length];
    const names = NAMES[contentType];
    const round = Math.floor(index / names.length / 2);
    const name = names[(index * 5 + round) % names.length] + (round > 1 ? ` v${round}` : '');
    const spread = ((index * 7919) % 1000) / 1000;
    const fileCount = contentType === 'software' || name.length < 3 ? 1 : 1 + Math.floor(spread * spread * 400);
    return {
      infohashHex: hexOf(index + 1),
      name,
      contentType,
      sizeBytes: Math.round(BYTES[contentType] * (0.02 + spread * 3)),
      fileCount,
      peersSeen: Math.floor(spread * spread * 240),
      discoveredAtUnixSeconds: nowUnixSeconds - Math.floor(20 + index ** 2.6 * 9),
    };
  });
}

function hexOf(seed) {
  let state = seed * 2654435761;
  // An odd factor, so that no two are alike.
  let hex = ((seed * 2654435761) % 2 ** 32).toString(16).padStart(8, '0');
  while (hex.length < 40) {
    state = (state * 1103515245 + 12345) % 2147483648;
    hex += state.toString(16).padStart(8, '0').slice(0, 5);
  }
  return hex.slice(0, 40);
}
