import { once } from 'node:events';
import { getPriority } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { expect, it } from 'vitest';

it.skipIf(process.platform !== 'linux')('steps back with its own thread only', async () => {
  const before = getPriority();
  const file = pathToFileURL(path.join(import.meta.dirname, '..', '..', 'main', 'base', 'background-thread.ts')).href;
  const worker = new Worker(
    `const { getPriority } = require('node:os');
     import(${JSON.stringify(file)}).then(({ workInBackground }) => {
       workInBackground();
       require('node:worker_threads').parentPort.postMessage(getPriority());
     });`,
    { eval: true },
  );
  const [inWorker] = (await once(worker, 'message')) as [number];
  expect(inWorker).toBe(Math.min(19, before + 5));
  expect(getPriority()).toBe(before);
});
