// The window's only source of files: app://bundle/, a fixed list of what the build put into out/renderer.
// No file://, no network, and a policy that makes a torrent's name unable to become markup (desktop.md D8).
import { net, protocol } from 'electron';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

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

/** Serves the files that lie in `rendererDir` now; anything else is 404. */
export async function serveApp(rendererDir: string): Promise<void> {
  const names = await readdir(rendererDir, { recursive: true, withFileTypes: true });
  const files = new Map<string, string>();
  for (const entry of names) {
    if (!entry.isFile()) continue;
    const file = path.join(entry.parentPath, entry.name);
    files.set(`/${path.relative(rendererDir, file).split(path.sep).join('/')}`, file);
  }
  protocol.handle('app', async (request) => {
    const url = new URL(request.url);
    const file = url.host === 'bundle' ? files.get(url.pathname) : undefined;
    if (file === undefined || request.method !== 'GET') return new Response(null, { status: 404, headers: HEADERS });
    const answer = await net.fetch(pathToFileURL(file).href);
    const type = MEDIA_TYPES[path.extname(file)] ?? 'application/octet-stream';
    return new Response(answer.body, { headers: { ...HEADERS, 'content-type': type } });
  });
}
