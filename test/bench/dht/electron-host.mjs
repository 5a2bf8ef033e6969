// Run by the Electron runtime as Node: a worker thread for the bundled side (ours-side.ts), lines passed to it and back.
import { createInterface } from 'node:readline';
import { Worker } from 'node:worker_threads';

const [, , bundle = '', options = '{}'] = process.argv;
const worker = new Worker(bundle, { workerData: JSON.parse(options) });
worker.on('message', (line) => process.stdout.write(`${line}\n`));
worker.on('error', (error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exit(1);
});
createInterface({ input: process.stdin })
  .on('line', (line) => worker.postMessage(line))
  .on('close', () => process.exit(0));
