// Says which Electron the app runs on. Users get the pinned official one; a machine that reaches only package registries
// develops and tests on an older, repackaged one, and that must never go unsaid. Started from source, the scripts say it in
// the environment; a packaged test build carries it in its resources (scripts/runtime/after-pack.mjs).
import { app } from 'electron';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** A line for the terminal, always. */
export function runtimeLine(): string {
  const { electron, chrome, node } = process.versions;
  const notice = runtimeNotice();
  return `Lanternfish on Electron ${electron} (Chromium ${chrome}, Node ${node})${notice === null ? '' : `. ${notice}`}`;
}

/** A sentence for the window when this is not the official runtime, else null. */
export function runtimeNotice(): string | null {
  const file = path.join(process.resourcesPath, 'test-runtime.txt');
  return process.env['LANTERNFISH_RUNTIME_NOTICE'] ?? (existsSync(file) ? readFileSync(file, 'utf8').trim() : null);
}

/** The compiled UDP socket; null where there is none, and then the engine uses node:dgram. */
export function udpBinding(): string | null {
  return nativeFile('LANTERNFISH_UDP_BINDING', path.join('native', 'udp.node'));
}

/** The better-sqlite3 that was built for the test runtime; null on the official one, which loads the package's own. */
export function testRuntimeBinding(): string | null {
  return nativeFile('LANTERNFISH_SQLITE_BINDING', 'better_sqlite3.node');
}

/** Started from source, the scripts say where native code lies. A packaged app loads none but its own, whatever they say. */
function nativeFile(variable: string, packed: string): string | null {
  const file = path.join(process.resourcesPath, packed);
  const named = app.isPackaged ? undefined : process.env[variable];
  return named ?? (existsSync(file) ? file : null);
}
