// `node scripts/node.mjs main/ENTRY.ts ...`: runs one of the terminal commands, or says in a sentence why this Node cannot.
// Only what Node 18 understands may stand here and in what it imports: everything newer is behind the check.
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { requireNode } from './node-version.mjs';
import { Refusal, ROOT, say } from './terminal.mjs';

/** The others never touch the network. */
const OPENS_SOCKETS = /\bheadless\.ts$/;

try {
  requireNode();
  await runEntry();
} catch (error) {
  if (!(error instanceof Refusal)) throw error;
  say(error.message);
  process.exitCode = 1;
}

/** The entry sees the same arguments as if Node had been started with it. */
async function runEntry() {
  const [node = '', , name, ...rest] = process.argv;
  if (name === undefined) throw new Refusal('Usage: node scripts/node.mjs main/ENTRY.ts [arguments]');
  const entry = resolve(ROOT, name);
  process.argv = [node, entry, ...rest];
  if (OPENS_SOCKETS.test(name)) {
    const { nativeUdpEnvironment } = await import('./native-udp.mjs');
    Object.assign(process.env, await nativeUdpEnvironment());
  }
  await import(pathToFileURL(entry).href);
}
