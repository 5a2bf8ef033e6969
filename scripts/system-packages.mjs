// What Node packages cannot bring: libraries of the desktop, a virtual display, the torrent library of the real-peer tests.
// On Debian and Ubuntu they are installed when we may (root, or sudo without a password), after saying what and why;
// elsewhere the exact command is printed.
import { spawnSync } from 'node:child_process';
import { isEntry, Refusal, run, runScript, say } from './terminal.mjs';

/**
 * One package and its names. `debian` lists alternatives, newest first: Ubuntu 24.04 and Debian 13 renamed some.
 * `probe` finds it where dpkg does not know: a library's file name, a program, or a Python module.
 * @typedef {object} SystemPackage
 * @property {readonly string[]} debian
 * @property {string} dnf
 * @property {string} pacman
 * @property {{ library: string } | { program: string } | { pythonModule: string }} probe
 */

/** @type {Record<string, { why: string, packages: readonly SystemPackage[] }>} */
export const NEEDS = {
  window: {
    why: "libraries that Electron's window is made of",
    packages: [
      { debian: ['libgtk-3-0t64', 'libgtk-3-0'], dnf: 'gtk3', pacman: 'gtk3', probe: { library: 'libgtk-3.so.0' } },
      { debian: ['libnss3'], dnf: 'nss', pacman: 'nss', probe: { library: 'libnss3.so' } },
      { debian: ['libgbm1'], dnf: 'mesa-libgbm', pacman: 'mesa', probe: { library: 'libgbm.so.1' } },
      {
        debian: ['libasound2t64', 'libasound2'],
        dnf: 'alsa-lib',
        pacman: 'alsa-lib',
        probe: { library: 'libasound.so.2' },
      },
    ],
  },
  display: {
    why: 'a virtual display and a session bus, so that tests can open windows, a tray and notifications anywhere',
    packages: [
      { debian: ['xvfb'], dnf: 'xorg-x11-server-Xvfb', pacman: 'xorg-server-xvfb', probe: { program: 'xvfb-run' } },
      { debian: ['xauth'], dnf: 'xorg-x11-xauth', pacman: 'xorg-xauth', probe: { program: 'xauth' } },
      { debian: ['dbus'], dnf: 'dbus-daemon', pacman: 'dbus', probe: { program: 'dbus-run-session' } },
      // Electron's way to the notifications of the desktop.
      { debian: ['libnotify4'], dnf: 'libnotify', pacman: 'libnotify', probe: { library: 'libnotify.so.4' } },
      { debian: ['libglib2.0-bin'], dnf: 'glib2', pacman: 'glib2', probe: { program: 'gdbus' } },
    ],
  },
  'real peers': {
    why: 'libtorrent, aria2, rTorrent, Transmission and qBittorrent, the other side in the tests against real peers, and ip for a network of their own',
    packages: [
      {
        debian: ['python3-libtorrent'],
        dnf: 'rb_libtorrent-python3',
        pacman: 'libtorrent-rasterbar',
        probe: { pythonModule: 'libtorrent' },
      },
      { debian: ['aria2'], dnf: 'aria2', pacman: 'aria2', probe: { program: 'aria2c' } },
      { debian: ['rtorrent'], dnf: 'rtorrent', pacman: 'rtorrent', probe: { program: 'rtorrent' } },
      // The package of the daemon would start a service of its own; this one brings a program and no more.
      {
        debian: ['transmission-cli'],
        dnf: 'transmission-cli',
        pacman: 'transmission-cli',
        probe: { program: 'transmission-cli' },
      },
      {
        debian: ['qbittorrent-nox'],
        dnf: 'qbittorrent-nox',
        pacman: 'qbittorrent-nox',
        probe: { program: 'qbittorrent-nox' },
      },
      { debian: ['iproute2'], dnf: 'iproute', pacman: 'iproute2', probe: { program: 'ip' } },
    ],
  },
  compiler: {
    why: 'a compiler, to build better-sqlite3 once for the test runtime',
    packages: [
      { debian: ['python3'], dnf: 'python3', pacman: 'python', probe: { program: 'python3' } },
      { debian: ['make'], dnf: 'make', pacman: 'make', probe: { program: 'make' } },
      { debian: ['g++'], dnf: 'gcc-c++', pacman: 'gcc', probe: { program: 'g++' } },
    ],
  },
};

/**
 * Makes sure that everything for `needs` is there: installs it, or throws a Refusal that carries the command to run.
 * @param {readonly (keyof typeof NEEDS)[]} needs
 */
export async function ensureSystemPackages(needs) {
  if (process.platform !== 'linux') return;
  const manager = findManager();
  const missing = needs
    .map((need) => ({ need, packages: (NEEDS[need]?.packages ?? []).filter((wanted) => !isPresent(wanted, manager)) }))
    .filter(({ packages }) => packages.length > 0);
  if (missing.length === 0) return;

  for (const { need, packages } of missing) {
    say(
      `Missing on this machine: ${packages.map((wanted) => nameOf(wanted, manager)).join(' ')} (${NEEDS[need]?.why}).`,
    );
  }
  const packages = missing.flatMap((entry) => entry.packages);
  const elevate = manager === 'apt-get' ? elevation() : null;
  if (elevate === null) throw new Refusal(`Please run this, then try again:\n  ${commandFor(packages, manager)}`);
  await installWithApt(packages, elevate);
}

/** @typedef {'apt-get' | 'dnf' | 'pacman' | null} Manager */

/** @returns {Manager} */
function findManager() {
  if (hasProgram('apt-get') && hasProgram('dpkg-query')) return 'apt-get';
  return hasProgram('dnf') ? 'dnf' : hasProgram('pacman') ? 'pacman' : null;
}

function isPresent(/** @type {SystemPackage} */ wanted, /** @type {Manager} */ manager) {
  if (manager === 'apt-get') return wanted.debian.some(isInstalledByDpkg);
  const { probe } = wanted;
  if ('program' in probe) return hasProgram(probe.program);
  if ('pythonModule' in probe) return succeeds('/usr/bin/python3', ['-c', `import ${probe.pythonModule}`]);
  return (spawnSync('ldconfig', ['-p'], { encoding: 'utf8' }).stdout ?? '').includes(`${probe.library} `);
}

function isInstalledByDpkg(/** @type {string} */ name) {
  const answer = spawnSync('dpkg-query', ['-W', '-f=${db:Status-Status}\n', name], { encoding: 'utf8' });
  return answer.status === 0 && answer.stdout.split('\n').includes('installed');
}

/** The words before a command that needs root, or null when we may not become root without asking. */
function elevation() {
  if (process.getuid?.() === 0) return [];
  return succeeds('sudo', ['-n', 'true']) ? ['sudo', '-n'] : null;
}

/**
 * @param {readonly SystemPackage[]} packages
 * @param {readonly string[]} elevate
 */
async function installWithApt(packages, elevate) {
  const apt = (/** @type {readonly string[]} */ args) => {
    const [program, ...rest] = [
      ...elevate,
      'env',
      'DEBIAN_FRONTEND=noninteractive',
      'apt-get',
      '-q',
      '-o',
      'Acquire::Retries=3',
      ...args,
    ];
    return run(/** @type {string} */ (program), rest, { quiet: true });
  };
  say('Installing with apt-get ...');
  if ((await apt(['update'])) !== 0) say('apt-get update failed; trying with the lists that are here.');
  const names = packages.map((wanted) => nameOf(wanted, 'apt-get'));
  const code = await apt(['-o', 'DPkg::Lock::Timeout=300', 'install', '-y', '--no-install-recommends', ...names]);
  if (code !== 0)
    throw new Refusal(`apt-get could not install them. Please run:\n  ${commandFor(packages, 'apt-get')}`);
  say(`Installed ${names.join(' ')}.`);
}

/** The name to install by: on Debian and Ubuntu the first alternative that this release knows. */
function nameOf(/** @type {SystemPackage} */ wanted, /** @type {Manager} */ manager) {
  if (manager === 'dnf' || manager === 'pacman') return wanted[manager];
  const oldest = /** @type {string} */ (wanted.debian.at(-1));
  return wanted.debian.find((name) => name !== oldest && succeeds('apt-cache', ['show', name])) ?? oldest;
}

/**
 * @param {readonly SystemPackage[]} packages
 * @param {Manager} manager
 */
function commandFor(packages, manager) {
  const names = packages.map((wanted) => nameOf(wanted, manager)).join(' ');
  if (manager === 'apt-get') return `sudo apt-get install --no-install-recommends ${names}`;
  if (manager === 'dnf') return `sudo dnf install ${names}`;
  if (manager === 'pacman') return `sudo pacman -S --needed ${names}`;
  return `your package manager, for what Debian calls: ${names}`;
}

function hasProgram(/** @type {string} */ name) {
  return succeeds('/bin/sh', ['-c', `command -v ${name}`]);
}

function succeeds(/** @type {string} */ program, /** @type {readonly string[]} */ args) {
  return spawnSync(program, args, { stdio: 'ignore' }).status === 0;
}

if (isEntry(import.meta.url)) {
  await runScript(() => ensureSystemPackages(Object.keys(NEEDS)));
}
