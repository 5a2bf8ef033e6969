// Info dictionaries of a wanted size and number of files, right in every part.

export function metadataOf({ fileCount, bytes }: { readonly fileCount: number; readonly bytes: number }): Uint8Array {
  const folders = Math.max(1, Math.floor(fileCount / 500));
  const files = Array.from({ length: fileCount }, (_, index) => {
    const [folder, name] = [`folder ${index % folders}`, `file number ${index}.bin`];
    return `d6:lengthi${index}e4:pathl${folder.length}:${folder}${name.length}:${name}ee`;
  }).join('');
  const head = `d5:filesl${files}e4:name4:Made12:piece lengthi16384e6:pieces`;
  const room = bytes - head.length - 10;
  const pieces = room - (room % 20);
  return new Uint8Array(Buffer.from(`${head}${pieces}:${'\x07'.repeat(pieces)}e`, 'latin1'));
}

/** As they come from a peer. */
export function blocksOf(raw: Uint8Array): Uint8Array[] {
  const blocks: Uint8Array[] = [];
  for (let at = 0; at < raw.length; at += 16_384) blocks.push(raw.slice(at, at + 16_384));
  return blocks;
}
