// Exports or imports with the little heap that memory.test.ts gives it: `node --max-old-space-size=N memory-child.ts JOB`, where
// JOB is JSON. The writer is a thread of its own with the same limit, as in the app. Ends with 0 when the job was done.
import { join } from 'node:path';
import { systemClock } from '../../main/base/clock.ts';
import { Session } from '../../main/session/session.ts';
import type { TransferJob } from '../../main/transfer/transfer-contract.ts';

const [, , databasePath = '', text = ''] = process.argv;
const main = join(import.meta.dirname, '..', '..', 'main');
const session = new Session({
  clock: systemClock,
  log: { info: () => undefined, warn: () => undefined, error: console.error },
  workerPath: (name) => join(main, name === 'transfer-worker' ? 'transfer' : 'store', `${name}.ts`),
  store: { databasePath, nativeBinding: null },
  hasSearch: false,
});
const job = JSON.parse(text) as TransferJob;
if (job.kind === 'import') session.start();
let peakBytes = 0;
const outcome = await session.transfer.run(job, () => {
  peakBytes = Math.max(peakBytes, process.memoryUsage().rss);
});
await session.stop();
process.stdout.write(`${JSON.stringify({ ...outcome, peakBytes })}\n`);
process.exitCode = outcome.kind === 'done' ? 0 : 1;
