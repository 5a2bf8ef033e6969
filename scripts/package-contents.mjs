// What is in the unpacked app and how big it is, in a few lines: a package grows unseen otherwise.
import { listPackage } from '@electron/asar';
import { readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** @typedef {{ name: string, bytes: number }} Part */

/**
 * The parts of what lies beside `program`, the biggest first: each file or folder of it, and of its resources.
 * @param {string} program
 * @returns {Promise<Part[]>}
 */
export async function packageContents(program) {
  const parts = [];
  for (const [folder, prefix] of folders(program)) {
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      if (entry.name === 'resources') continue; // listed by itself
      const path = join(folder, entry.name);
      parts.push({ name: `${prefix}${entry.name}${entry.isDirectory() ? '/' : ''}`, bytes: await sizeOf(path) });
    }
  }
  return parts.sort((a, b) => b.bytes - a.bytes);
}

/** @param {string} program @returns {[string, string][]} */
function folders(program) {
  const folder = dirname(program);
  if (process.platform === 'darwin')
    return [
      [join(folder, '..', 'Frameworks'), ''],
      [join(folder, '..', 'Resources'), ''],
    ];
  return [
    [folder, ''],
    [join(folder, 'resources'), 'resources/'],
  ];
}

/** @param {string} path @returns {Promise<number>} */
async function sizeOf(path) {
  const found = await stat(path);
  if (!found.isDirectory()) return found.size;
  const names = await readdir(path);
  const sizes = await Promise.all(names.map((name) => sizeOf(join(path, name))));
  return sizes.reduce((sum, size) => sum + size, 0);
}

const megabytes = (/** @type {number} */ bytes) => `${(bytes / 1e6).toFixed(1).padStart(7)} MB`;
/** Smaller parts are summed up. */
const LISTED_FROM_BYTES = 200_000;

/**
 * The lines to print about `program`.
 * @param {string} program
 */
export async function describePackage(program) {
  const parts = await packageContents(program);
  const listed = parts.filter((part) => part.bytes >= LISTED_FROM_BYTES);
  const rest = parts.filter((part) => part.bytes < LISTED_FROM_BYTES);
  const total = parts.reduce((sum, part) => sum + part.bytes, 0);
  const restBytes = rest.reduce((sum, part) => sum + part.bytes, 0);
  return [
    `Unpacked: ${megabytes(total).trim()}`,
    ...listed.map((part) => `${megabytes(part.bytes)}  ${part.name}`),
    `${megabytes(restBytes)}  ${rest.map((part) => part.name).join(' ')}`,
    ...describeArchive(program),
  ].join('\n');
}

/** @param {string} program */
function describeArchive(program) {
  const resources = process.platform === 'darwin' ? join(program, '../../Resources') : join(program, '../resources');
  const files = listPackage(join(resources, 'app.asar'), { isPack: false }).map((file) => file.replaceAll('\\', '/'));
  const leaves = files.filter((file) => !files.some((other) => other.startsWith(`${file}/`)));
  return [`In app.asar (${leaves.length} files):`, ...leaves.map((file) => `  ${file.slice(1)}`)];
}
