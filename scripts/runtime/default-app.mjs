// The `default_app.asar` of the prepared test runtime: what Electron runs when it carries no app of its own, as in
// `electron path/to/app`. It understands as much of the command line as `npx electron .` and Playwright need.
// Runs inside Electron, never in Node; scripts/prepare-electron-runtime.mjs packs it.
import { app } from 'electron';
import { readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const here = createRequire(join(process.cwd(), 'package.json'));
const [appPath, modulesFirst] = readArguments(process.argv.slice(1));
process.defaultApp = true;
for (const name of modulesFirst) here(name); // Playwright's loader comes this way
// Awaited on purpose: 'ready' then waits for the app's main module, which must register its schemes before it.
await import(pathToFileURL(enter(resolve(appPath))).href);

/** The first argument that is no switch is the app; switches before it are Chromium's, unless they are ours. */
function readArguments(args) {
  const required = [];
  for (let index = 0; index < args.length; index++) {
    const argument = args[index];
    if (argument === '--version' || argument === '-v') leave(`v${process.versions.electron}`, 0);
    else if (argument === '-r' || argument === '--require') required.push(args[++index]);
    else if (argument.startsWith('--require=')) required.push(argument.slice('--require='.length));
    else if (!argument.startsWith('-')) return [argument, required];
  }
  return leave(
    'This is the Electron test runtime of Lanternfish. Usage: electron [switches] APP_FOLDER [arguments]',
    2,
  );
}

/** Takes over the app's name and version, and returns the file to run. */
function enter(target) {
  if (!statSync(target).isDirectory()) {
    app.setAppPath(dirname(target));
    return target;
  }
  const manifest = JSON.parse(readFileSync(join(target, 'package.json'), 'utf8'));
  app.setAppPath(target);
  app.setName(manifest.productName ?? manifest.name ?? 'Electron');
  if (manifest.version) app.setVersion(manifest.version);
  if (manifest.desktopName) app.setDesktopName?.(manifest.desktopName);
  return resolve(target, manifest.main ?? 'index.js');
}

function leave(text, code) {
  process.stdout.write(`${text}\n`);
  process.exit(code);
}
