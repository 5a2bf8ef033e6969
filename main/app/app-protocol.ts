// The window's only source of files: app://bundle/, a fixed list of what the build put into out/renderer.
// No file://, no network, and a policy that makes a torrent's name unable to become markup (desktop.md D8).
import { protocol } from 'electron';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

export const APP_ORIGIN = 'app://bundle';
export const APP_START_URL = `${APP_ORIGIN}/index.html`;

export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  'trusted-types svelte-trusted-html',
].join('; ');

const HEADERS = {
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
};

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
};

/** Call once, at the top level of main.ts: Electron wants schemes before 'ready'. */
export function registerAppScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: 'app', privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true } },
  ]);
}

/** What the page is made of, by its path in the address. */
export type PageFiles = ReadonlyMap<string, Buffer>;

/**
 * Reads what the build put into `rendererDir`, some 300 kB, and waits for it: call it before Electron is ready, while there is
 * nothing to hold up. Asked for by `file://` each would start and wait for Chromium's process for the network.
 */
export function readPage(rendererDir: string): PageFiles {
  const entries = readdirSync(rendererDir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    entries.map((entry) => {
      const file = path.join(entry.parentPath, entry.name);
      return [`/${path.relative(rendererDir, file).split(path.sep).join('/')}`, readFileSync(file)];
    }),
  );
}

/** Serves `page`; anything else is 404. `drawnStart` goes over index.html each time it is loaded (page-start.ts). */
export function serveApp(page: PageFiles, drawnStart: (html: string) => string): void {
  protocol.handle('app', (request) => {
    const url = new URL(request.url);
    const file = url.host === 'bundle' ? page.get(url.pathname) : undefined;
    if (file === undefined || request.method !== 'GET') return new Response(null, { status: 404, headers: HEADERS });
    const type = MEDIA_TYPES[path.extname(url.pathname)] ?? 'application/octet-stream';
    const body = request.url === APP_START_URL ? drawnStart(file.toString()) : new Uint8Array(file);
    return new Response(body, { headers: { ...HEADERS, 'content-type': type } });
  });
}
