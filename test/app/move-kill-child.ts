// The process that move-kill.test.ts kills: moves its data to and fro between two folders, without end, as the app does.
// Run by Node directly: `node move-kill-child.ts <profile> <first> <second>`; prints a line for each move done.
import { writeSync } from 'node:fs';
import path from 'node:path';
import { foldersFor, planMove, removeMovedFrom } from '../../main/app/data-place.ts';
import { moveData } from '../../main/app/move-data.ts';
import { SettingsFile } from '../../main/app/settings-file.ts';
import { systemClock } from '../../main/base/clock.ts';
import type { EngineOptions } from '../../main/engine/engine-contract.ts';
import { Session } from '../../main/session/session.ts';

const [, , profileDir = '', first = '', second = ''] = process.argv;
const settings = SettingsFile.read(path.join(profileDir, 'settings.json'));
const { folders } = await foldersFor(
  { profileDir, dataDir: path.join(first, 'data') },
  settings.settings.dataDir,
  systemClock,
);
await removeMovedFrom(folders.dataDir);
const main = path.join(import.meta.dirname, '..', '..', 'main');
const session = new Session({
  clock: systemClock,
  log: { info: () => undefined, warn: () => undefined, error: console.error },
  workerPath: (name) => path.join(main, name === 'transfer-worker' ? 'transfer' : 'store', `${name}.ts`),
  store: {
    get databasePath() {
      return path.join(folders.dataDir, 'catalogue.db');
    },
    nativeBinding: null,
  },
  hasSearch: true,
});
session.start();
writeSync(1, 'started\n');
for (;;) {
  const chosen = folders.dataDir.startsWith(second) ? first : second;
  const plan = await planMove(chosen, folders.dataDir);
  if (plan.kind !== 'move') throw new Error(JSON.stringify(plan));
  const parts = { session, settings, folders, engineOptions: () => ({}) as EngineOptions };
  const outcome = await moveData(parts, plan, () => undefined);
  if (outcome.kind !== 'done') throw new Error(JSON.stringify(outcome));
  writeSync(1, `${folders.dataDir}\n`);
}
