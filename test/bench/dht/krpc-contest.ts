// Decoding and encoding KRPC against npm `bencode` in the same process: interleaved rounds, CPU time, medians of rounds.
// Goals: a reply with 20 samples decoded at least 25x cheaper than npm bencode and without garbage; a query written in at
// most 150 ns.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import bencode from 'bencode';
import { createSeededRandom } from '../../../main/base/random.ts';
import { asNodeId } from '../../../main/base/identifier.ts';
import { atLeast, atMost, median, medianRatio } from './report.ts';
import { decodeKrpc, encodeQuery, encodeReply, KrpcMessage, toReply } from '../../../main/wire/krpc-codec.ts';

const ROUNDS = 7;
/** Long enough for process.cpuUsage (1 us steps) and short enough that both sides meet the same machine. */
const SLICE_US = 12_000;
const WARM_UP_ROUNDS = 10;
const WARM_UP_OPS = 5000;
const FEW_OPS = 100;
const MANY_OPS = 50_000;
/** memoryUsage() itself leaves about 4 KiB behind, 40 B an operation over FEW_OPS. */
const FINE_BELOW_BYTES = 100;

const GOAL_RATIO = 25;
const GOAL_ENCODE_NS = 150;

interface Contest {
  readonly title: string;
  readonly goal?: 'decode' | 'encode';
  readonly ours: () => unknown;
  readonly theirs: () => unknown;
}

/** The lines of this contest. */
export async function measure(): Promise<string[]> {
  const lines = ['ns an operation, CPU time, median of interleaved rounds; heap bytes an operation after `/`'];
  const all = contests();
  // Everybody warms up before anybody is measured: the compiler works on other threads, and cpuUsage counts those too.
  for (let round = 0; round < WARM_UP_ROUNDS; round++) {
    for (const { ours, theirs } of all) {
      repeat(ours, WARM_UP_OPS);
      repeat(theirs, WARM_UP_OPS / 10);
    }
  }
  for (const contest of all) lines.push(...(await contend(contest)));
  return lines;
}

function contests(): Contest[] {
  const random = createSeededRandom(20);
  const id = asNodeId(random.bytes(20));
  const transactionId = random.bytes(4);
  const reply = { transactionId, requester: { host: '198.51.100.7', port: 51413 }, id };
  const nodes = random.bytes(8 * 26);
  const values = Array.from({ length: 50 }, () => random.bytes(6));
  const samples = random.bytes(20 * 20);
  const token = random.bytes(4);
  const buffer = new Uint8Array(1500);
  const packets: [string, Uint8Array][] = [
    [
      'sample_infohashes reply',
      written(encodeReply(buffer, { ...reply, nodes, samples, num: 500, intervalSeconds: 21_600 })),
    ],
    ['find_node reply', written(encodeReply(buffer, { ...reply, nodes }))],
    ['get_peers reply, 50 values', written(encodeReply(buffer, { ...reply, nodes, token, values }))],
    ['ping query', written(encodeQuery(buffer, { transactionId, id, isReadOnly: true, method: 'ping' }))],
  ];
  function written(length: number): Uint8Array {
    return buffer.slice(0, length);
  }
  const message = new KrpcMessage();
  const decodes = packets.map(([title, packet]) => ({
    title: `decode ${title} (${packet.length} B)`,
    ...(title.startsWith('sample') ? { goal: 'decode' as const } : {}),
    ours: () => decodeKrpc(packet, message),
    theirs: () => bencode.decode(packet),
  }));
  const [, samplePacket] = packets[0]!;
  const target = random.bytes(20);
  const query = { transactionId, id, isReadOnly: true, method: 'sample_infohashes', target } as const;
  const plain = { a: { id, target }, q: 'sample_infohashes', ro: 1, t: transactionId, v: 'LF\x00\x01', y: 'q' };
  return [
    ...decodes,
    {
      title: 'decode and copy out a sample_infohashes reply (toReply)',
      ours: () => {
        decodeKrpc(samplePacket, message);
        return toReply(message);
      },
      theirs: () => bencode.decode(samplePacket),
    },
    {
      title: 'encode sample_infohashes query',
      goal: 'encode',
      ours: () => encodeQuery(buffer, query),
      theirs: () => bencode.encode(plain),
    },
  ];
}

async function contend({ title, goal, ours, theirs }: Contest): Promise<string[]> {
  const oursCount = countFor(ours);
  const theirsCount = countFor(theirs);
  const oursNs: number[] = [];
  const theirsNs: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    oursNs.push(cpuNs(ours, oursCount));
    theirsNs.push(cpuNs(theirs, theirsCount));
    await new Promise((resolve) => setImmediate(resolve));
  }
  const garbage = garbageBytes(ours);
  const ratio = medianRatio(theirsNs, oursNs);
  const oursText = `${median(oursNs).toFixed(0)} ns / ${garbage} B`;
  const theirsText = `${median(theirsNs).toFixed(0)} ns / ${garbageBytes(theirs)} B`;
  const lines = [`${title}: ours ${oursText}, bencode ${theirsText}, ${ratio.toFixed(1)}x`];
  if (goal === 'decode') {
    lines.push(atLeast('decode of a 20-sample reply: npm bencode / ours', ratio, GOAL_RATIO, 'x'));
    lines.push(atMost('  allocated meanwhile', garbage, 0, ' B'));
  }
  if (goal === 'encode') lines.push(atMost('encode of a query', median(oursNs), GOAL_ENCODE_NS, ' ns'));
  return lines;
}

/** How many calls fill one slice. */
function countFor(operation: () => unknown): number {
  for (let count = 1000; ; count *= 2) {
    const startedAt = process.cpuUsage();
    repeat(operation, count);
    const { user, system } = process.cpuUsage(startedAt);
    if (user + system >= SLICE_US) return count;
  }
}

function cpuNs(operation: () => unknown, count: number): number {
  const startedAt = process.cpuUsage();
  repeat(operation, count);
  const { user, system } = process.cpuUsage(startedAt);
  return ((user + system) * 1000) / count;
}

/** Keeps the results alive, so that no compiler can leave the work out. */
export let sink: unknown;
function repeat(operation: () => unknown, count: number): void {
  let last: unknown;
  for (let index = 0; index < count; index++) last = operation();
  sink = last;
}

/** Growth of the heap over calls few enough not to start a collection (npm bencode), or many (ours, which makes none). */
function garbageBytes(operation: () => unknown): number {
  const coarse = heapGrowth(operation, FEW_OPS);
  return Math.round(coarse > FINE_BELOW_BYTES ? coarse : heapGrowth(operation, MANY_OPS));
}

/** Bytes an operation, median of several tries. */
function heapGrowth(operation: () => unknown, count: number): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const grown: number[] = [];
  for (let attempt = 0; attempt < 5; attempt++) {
    collect();
    const before = process.memoryUsage().heapUsed;
    repeat(operation, count);
    grown.push((process.memoryUsage().heapUsed - before) / count);
  }
  return median(grown);
}
