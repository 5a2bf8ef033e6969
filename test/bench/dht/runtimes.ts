// A measurement in this process, and once more in a worker of the Electron runtime, whose V8 is another one.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { bundled, electronOf, SIDE_NAMES, whyMissing } from './side.ts';

/** `name`: the file of this folder, without its ending, that exports `measure`. */
export async function inBothRuntimes(name: string, measure: () => Promise<string[]>): Promise<string[]> {
  const lines = [SIDE_NAMES.node, ...(await measure())];
  const reason = whyMissing('electron');
  if (reason !== null) return [...lines, `${SIDE_NAMES.electron} is skipped: ${reason}`];
  return [...lines, SIDE_NAMES.electron, ...(await inElectron(await bundled(name)))];
}

function inElectron(bundle: string): Promise<string[]> {
  const host = join(import.meta.dirname, 'measure-host.mjs');
  const env = { ...process.env, ELECTRON_RUN_AS_NODE: '1' };
  const child = spawn(electronOf()!, ['--expose-gc', host, bundle], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.on('data', (chunk) => (text += String(chunk)));
  return new Promise((resolve, reject) =>
    child.on('close', (code) => {
      if (code === 0) resolve(JSON.parse(text) as string[]);
      else reject(new Error(`the Electron runtime ended with ${code}`));
    }),
  );
}
