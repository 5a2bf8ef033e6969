// The process that restore-kill.test.ts kills: restores one file after the other in the place of the catalogue, without end.
// Run by Node directly: `node restore-kill-child.ts <database path> <first> <second>`; prints a line for each restore done.
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../main/base/clock.ts';
import { Session } from '../../main/session/session.ts';

const [, , databasePath = '', ...sources] = process.argv;
const main = join(import.meta.dirname, '..', '..', 'main');
const session = new Session({
  clock: systemClock,
  log: { info: () => undefined, warn: () => undefined, error: console.error },
  workerPath: (name) => join(main, name === 'transfer-worker' ? 'transfer' : 'store', `${name}.ts`),
  store: { databasePath, nativeBinding: null },
  hasSearch: false,
});
session.start();
for (let count = 0; ; count++) {
  const sourcePath = sources[count % sources.length]!;
  const outcome = await session.transfer.run({ kind: 'restore', sourcePath }, () => undefined);
  if (outcome.kind !== 'done') throw new Error(JSON.stringify(outcome));
  writeSync(1, `${outcome.asidePath}\n`);
}
