// Run by the Electron runtime as Node: a worker thread that imports a bundle, calls its measure() and gives back the lines.
import { pathToFileURL } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

if (isMainThread) {
  const worker = new Worker(import.meta.filename, { workerData: process.argv[2] });
  worker.on('message', (lines) => process.stdout.write(JSON.stringify(lines)));
  worker.on('error', (error) => {
    process.stderr.write(`${error.stack}\n`);
    process.exit(1);
  });
} else {
  const { measure } = await import(pathToFileURL(workerData).href);
  parentPort?.postMessage(await measure());
}
