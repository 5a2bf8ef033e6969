// The process of move.test.ts whose target becomes full: copies a folder, and says so and waits after the first piece, until the
// disk is smaller. Run by Node directly: `node move-full-child.ts <from> <target>`; the last line it prints is the sentence.
import { writeSync } from 'node:fs';
import { readdir, statfs } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { systemClock } from '../../main/base/clock.ts';
import { JobContext } from '../../main/transfer/job-context.ts';
import { runMove } from '../../main/transfer/move-job.ts';
import { TransferProblem } from '../../main/transfer/transfer-problem.ts';

const SMALL_BYTES = 10_000_000;
const [, , fromDir = '', targetDir = ''] = process.argv;

async function freeBytes(): Promise<number> {
  const { bavail, bsize } = await statfs(path.dirname(targetDir));
  return bavail * bsize;
}

class WaitingContext extends JobContext {
  #hasWaited = false;

  override async breathe(): Promise<void> {
    if (this.#hasWaited) return;
    this.#hasWaited = true;
    writeSync(1, 'copying\n');
    while ((await freeBytes()) > SMALL_BYTES) await wait(10);
  }
}

const store = { databasePath: path.join(fromDir, 'catalogue.db'), nativeBinding: null };
const context = new WaitingContext({ store, clock: systemClock, writer: null, onProgress: () => undefined });
const said = await runMove({ kind: 'move', fromDir, targetDir }, context).then(
  () => 'moved',
  (error: unknown) => (error instanceof TransferProblem ? error.message : String(error)),
);
const left = await readdir(path.dirname(targetDir));
writeSync(1, `${JSON.stringify({ said, left })}\n`);
