// electron-builder's hook for builds on the prepared test runtime: removes what serves only `electron path/to/app`, and
// leaves a note in its place by which the app knows, and says, what it runs on (main/app/runtime-notice.ts).
import { copyFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** @param {{ appOutDir: string }} context */
export default function afterPack({ appOutDir }) {
  for (const name of ['resources/default_app.asar', 'version', 'prepared.json']) {
    rmSync(join(appOutDir, name), { force: true });
  }
  const { LANTERNFISH_RUNTIME_NOTICE: notice, LANTERNFISH_SQLITE_BINDING: binding } = process.env;
  const resources = join(appOutDir, 'resources');
  if (binding) copyFileSync(binding, join(resources, 'better_sqlite3.node'));
  if (notice) writeFileSync(join(resources, 'test-runtime.txt'), `${notice}\n`);
}
