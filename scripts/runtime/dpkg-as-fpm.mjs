#!/usr/bin/env node
// Stands in for `fpm`, which electron-builder downloads to make a .deb, on machines that cannot reach it (CUSTOM_FPM_PATH).
// Understands what electron-builder 26 says to fpm and has dpkg-deb make the package. Quick rather than small: such packages
// carry the test runtime, are tried and thrown away.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';

const text = /** @type {const} */ ({ type: 'string' });
const list = /** @type {const} */ ({ type: 'string', multiple: true });
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    'input-type': { ...text, short: 's' },
    'output-type': { ...text, short: 't' },
    depends: { ...list, short: 'd' },
    'deb-recommends': list,
    'deb-compression': text,
    'deb-priority': text,
    architecture: text,
    'after-install': text,
    'after-remove': text,
    description: text,
    version: text,
    package: text,
    name: text,
    maintainer: text,
    vendor: text,
    url: text,
    category: text,
    license: text,
    log: text,
    force: { type: 'boolean' },
    debug: { type: 'boolean' },
  },
});
if (values['input-type'] !== 'dir' || values['output-type'] !== 'deb')
  leave('makes a .deb out of a folder, nothing else');

const target = resolve(need('package'));
mkdirSync(dirname(target), { recursive: true });
const stage = mkdtempSync(join(dirname(target), 'deb-'));
try {
  chmodSync(stage, 0o755);
  for (const mapping of positionals) place(mapping);
  const { sums, sizeBytes } = tidy(stage);
  mkdirSync(join(stage, 'DEBIAN'));
  writeFileSync(join(stage, 'DEBIAN', 'control'), control(Math.ceil(sizeBytes / 1024)));
  writeFileSync(join(stage, 'DEBIAN', 'md5sums'), sums.join(''));
  for (const [script, name] of /** @type {const} */ ([
    ['after-install', 'postinst'],
    ['after-remove', 'postrm'],
  ])) {
    const source = values[script];
    if (source) writeFileSync(join(stage, 'DEBIAN', name), readFileSync(source), { mode: 0o755 });
  }
  const made = spawnSync('dpkg-deb', ['--root-owner-group', '-Zgzip', '-z1', '--build', stage, target], {
    stdio: 'inherit',
  });
  if (made.status !== 0) leave(`dpkg-deb ended with ${made.status ?? made.error}`);
} finally {
  rmSync(stage, { recursive: true, force: true });
}

/** `FOLDER/=/target` places what is in the folder, `FILE=/target/name` one file. */
function place(/** @type {string} */ mapping) {
  const cut = mapping.lastIndexOf('=');
  const [source, to] = [mapping.slice(0, cut), join(stage, mapping.slice(cut + 1))];
  mkdirSync(dirname(to), { recursive: true });
  cpSync(source, to, { recursive: true, verbatimSymlinks: true });
}

/** Modes as Debian wants them, and what the package must say about its files. */
function tidy(/** @type {string} */ folder) {
  let sizeBytes = 0;
  const sums = [];
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name);
    if (entry.isDirectory()) chmodSync(file, 0o755);
    if (!entry.isFile()) continue;
    const { mode, size } = lstatSync(file);
    chmodSync(file, mode & 0o111 ? 0o755 : 0o644);
    sizeBytes += size;
    const sum = createHash('md5').update(readFileSync(file)).digest('hex');
    sums.push(`${sum}  ${relative(folder, file)}\n`);
  }
  return { sums, sizeBytes };
}

function control(/** @type {number} */ sizeKib) {
  const lines = (values.description ?? '').split('\n').map((line) => line.trim());
  const [first = need('name'), ...rest] = lines.filter((line, index) => line !== '' || index > 0);
  const fields = {
    Package: need('name').toLowerCase(),
    Version: need('version'),
    License: values.license,
    Vendor: values.vendor,
    Architecture: need('architecture'),
    Maintainer: need('maintainer'),
    'Installed-Size': String(sizeKib),
    Depends: values.depends?.join(', '),
    Recommends: values['deb-recommends']?.join(', '),
    Section: values.category ?? 'default',
    Priority: values['deb-priority'] ?? 'optional',
    Homepage: values.url,
    Description: [first, ...rest.map((line) => ` ${line || '.'}`)].join('\n'),
  };
  return Object.entries(fields)
    .filter(([, value]) => value)
    .map(([name, value]) => `${name}: ${value}\n`)
    .join('');
}

/** @param {'package' | 'name' | 'version' | 'architecture' | 'maintainer'} name */
function need(name) {
  return values[name] ?? leave(`--${name} is missing`);
}

/** @returns {never} */
function leave(/** @type {string} */ reason) {
  process.stderr.write(`dpkg-as-fpm: ${reason}\n`);
  process.exit(1);
}
