// One part of the benchmark in a process of its own: `run-part-child.ts PART TORRENTS`; the result goes where table.ts finds it.
import { PART_NAMES, runPart } from './parts.ts';
import { keepResult } from './results.ts';

const [part, torrents] = process.argv.slice(2);
const name = PART_NAMES.find((one) => one === part);
if (name === undefined) throw new Error(`no such part: ${part}`);
keepResult(Number(torrents), name, await runPart(name, Number(torrents)));
process.exit(0); // whatever it left open ends with it
