// Says which Electron the app runs on. Users get the pinned official one; a machine that reaches only package registries
// develops and tests on an older, repackaged one, and that must never go unsaid. Started from source, the scripts say it in
// the environment; a packaged test build carries it in its resources (scripts/runtime/after-pack.mjs).
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
  const file = path.join(process.resourcesPath, 'native', 'udp.node');
  return process.env['LANTERNFISH_UDP_BINDING'] ?? (existsSync(file) ? file : null);
}

/** The better-sqlite3 that was built for the test runtime; null on the official one, which loads the package's own. */
export function testRuntimeBinding(): string | null {
  const file = path.join(process.resourcesPath, 'better_sqlite3.node');
  return process.env['LANTERNFISH_SQLITE_BINDING'] ?? (existsSync(file) ? file : null);
}
