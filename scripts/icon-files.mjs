// The two files that hold an icon in several sizes: .ico (Windows) and .icns (macOS). Both are little more than a list of
// pictures; the tools that make them are downloads which not every machine can reach.

/** One drawing: `pixels` are RGBA, from the top left. @typedef {{ size: number, png: Buffer, pixels: Buffer }} Picture */

/** From this size on a picture is a PNG; Windows programs older than that form want bitmaps for the small ones. */
const PNG_FROM = 256;

/**
 * A Windows icon: ICONDIR, an ICONDIRENTRY for each picture, then the pictures.
 * @param {readonly Picture[]} pictures
 */
export function windowsIcon(pictures) {
  const bodies = pictures.map((picture) => (picture.size >= PNG_FROM ? picture.png : bitmap(picture)));
  const head = Buffer.alloc(6 + 16 * pictures.length);
  head.writeUInt16LE(1, 2); // an icon, not a cursor
  head.writeUInt16LE(pictures.length, 4);
  let offset = head.length;
  pictures.forEach(({ size }, index) => {
    const at = 6 + 16 * index;
    head.writeUInt8(size % 256, at); // 256 is written as 0
    head.writeUInt8(size % 256, at + 1);
    head.writeUInt16LE(1, at + 4); // planes
    head.writeUInt16LE(32, at + 6); // bits a pixel
    head.writeUInt32LE(bodies[index]?.length ?? 0, at + 8);
    head.writeUInt32LE(offset, at + 12);
    offset += bodies[index]?.length ?? 0;
  });
  return Buffer.concat([head, ...bodies]);
}

/** A bitmap as icons hold it: BITMAPINFOHEADER of twice the height, BGRA from the bottom, and a mask that masks nothing. */
function bitmap(/** @type {Picture} */ { size, pixels }) {
  const maskRowBytes = Math.ceil(size / 32) * 4;
  const made = Buffer.alloc(40 + size * size * 4 + size * maskRowBytes);
  made.writeUInt32LE(40, 0);
  made.writeInt32LE(size, 4);
  made.writeInt32LE(2 * size, 8);
  made.writeUInt16LE(1, 12);
  made.writeUInt16LE(32, 14);
  made.writeUInt32LE(made.length - 40, 20);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const from = (y * size + x) * 4;
      const to = 40 + ((size - 1 - y) * size + x) * 4;
      made[to] = pixels[from + 2] ?? 0;
      made[to + 1] = pixels[from + 1] ?? 0;
      made[to + 2] = pixels[from] ?? 0;
      made[to + 3] = pixels[from + 3] ?? 0;
    }
  }
  return made;
}

/** Types of PNG entries by pixels: once as that size, once as half of it on a fine screen. @type {Record<number, string[]>} */
const APPLE_TYPES = {
  16: ['icp4'],
  32: ['icp5', 'ic11'],
  64: ['ic12'],
  128: ['ic07'],
  256: ['ic08', 'ic13'],
  512: ['ic09', 'ic14'],
  1024: ['ic10'],
};

/**
 * A macOS icon: `icns`, its length, then type, length and PNG of each entry.
 * @param {readonly Picture[]} pictures
 */
export function appleIcon(pictures) {
  const entries = pictures.flatMap(({ size, png }) =>
    (APPLE_TYPES[size] ?? []).map((type) => Buffer.concat([appleHead(type, png.length), png])),
  );
  const body = Buffer.concat(entries);
  return Buffer.concat([appleHead('icns', body.length), body]);
}

/** @param {string} type @param {number} bodyBytes */
function appleHead(type, bodyBytes) {
  const head = Buffer.alloc(8);
  head.write(type, 'latin1');
  head.writeUInt32BE(8 + bodyBytes, 4);
  return head;
}
