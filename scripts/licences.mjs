// out/licences.txt: the libraries that the program contains and the licences they come under, as these demand. Made by every
// build out of what the bundles really hold, which Vite lists for each of them (`build.license`), and the packages left
// outside the bundles. The package carries it beside Electron's own two files of the kind.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** @typedef {{ name: string, version: string, identifier?: string, text?: string, repository?: string }} Licence */

/** Where Vite lists what a bundle holds, in the folder of the bundle. */
export const LISTED_IN = 'licences.json';
const LICENCE_FILE = /^(licen[cs]e|copying)/i;
const RULE = '-'.repeat(80);

/**
 * A Vite plugin: each time one of the bundles is done, the file is written anew from all that are there.
 * @param {{ root: string, external: readonly string[] }} options `external`: packages that are shipped as they are
 * @returns {import('vite').Plugin}
 */
export function licencesFile({ root, external }) {
  return {
    name: 'lanternfish:licences',
    async closeBundle() {
      const lists = await Promise.all(
        ['main', 'preload', 'renderer'].map((part) => readList(join(root, 'out', part, LISTED_IN))),
      );
      const outside = await Promise.all(external.map((name) => licenceOf(join(root, 'node_modules', name))));
      const all = await Promise.all([...lists.flat(), ...outside].map((licence) => withRepository(root, licence)));
      await writeFile(join(root, 'out', 'licences.txt'), licencesText(all));
    },
  };
}

/**
 * The file: who is in it, then each with the text of its licence, or where none came with it, what it is called and where it is.
 * @param {readonly Licence[]} licences may name one twice
 */
export function licencesText(licences) {
  const byTitle = new Map(licences.map((licence) => [titleOf(licence), licence]));
  const sorted = [...byTitle].sort(([a], [b]) => (a < b ? -1 : 1));
  return [
    'The libraries in Lanternfish, and their licences',
    '',
    'Lanternfish itself is under the MIT licence. It contains these libraries, whose authors we thank:',
    '',
    ...sorted.map(([title]) => `  ${title}`),
    '',
    'Electron and the Chromium in it have two files of their own: LICENSE.electron.txt and LICENSES.chromium.html.',
    '',
    ...sorted.flatMap(([title, licence]) => [RULE, title, RULE, '', bodyOf(licence), '']),
  ].join('\n');
}

/** @param {Licence} licence */
function titleOf({ name, version, identifier }) {
  return `${name} ${version}${identifier === undefined ? '' : ` (${identifier})`}`;
}

/** @param {Licence} licence */
function bodyOf({ identifier = 'not named', text, repository }) {
  if (text !== undefined) return text.replaceAll('\r\n', '\n').trim();
  return [
    `Licence: ${identifier}. No text comes with the package.`,
    ...(repository ? [`From: ${repository}`] : []),
  ].join('\n');
}

/** @param {string} path @returns {Promise<Licence[]>} */
async function readList(path) {
  const text = await readFile(path, 'utf8').catch(() => '[]'); // that bundle comes later
  return JSON.parse(text);
}

/** @param {string} folder of a package @returns {Promise<Licence>} */
async function licenceOf(folder) {
  const { name, version, license } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  const file = (await readdir(folder)).find((each) => LICENCE_FILE.test(each));
  const text = file === undefined ? {} : { text: await readFile(join(folder, file), 'utf8') };
  return { name, version, identifier: license, ...text };
}

/** @param {string} root @param {Licence} licence @returns {Promise<Licence>} */
async function withRepository(root, licence) {
  if (licence.text !== undefined) return licence;
  const manifest = await readFile(join(root, 'node_modules', licence.name, 'package.json'), 'utf8').catch(() => '{}');
  const { repository, homepage } = JSON.parse(manifest);
  const url = repository?.url ?? repository ?? homepage;
  return typeof url === 'string' ? { ...licence, repository: pageOf(url) } : licence;
}

/** What a browser opens, of the several forms that a manifest may have it in. */
function pageOf(/** @type {string} */ url) {
  const page = url.replace(/^git\+/, '').replace(/\.git$/, '');
  return /^[\w.-]+\/[\w.-]+$/.test(page) ? `https://github.com/${page}` : page;
}
