// Queries answered per second of CPU: our node (serving, its limits lifted) against npm bittorrent-dht, each alone in a
// process of its own, on loopback, under the same load generator (this process), in interleaved rounds. Medians of rounds.
// Goals (speed.md 7): find_node and get_peers at least 8 times cheaper than bittorrent-dht, ping at least 2 times.
import { fork, type ChildProcess } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { join } from 'node:path';
import { createSystemRandom } from '../../main/base/random.ts';
import { asNodeId } from '../../main/base/identifier.ts';
import { encodeQuery, type OutgoingQuery } from '../../main/wire/krpc-codec.ts';
import type { FromResponder, Listen, ToResponder } from './responders/protocol.ts';

export const name = 'dht-responder';

const ROUNDS = 5;
const SLICE_MS = 400;
const WARM_UP_MS = 600;
/** Enough that the responder never waits, few enough that its socket's buffer holds them. */
const OUTSTANDING = 64;
/** What is lost is replaced after so long without any answer. */
const STALL_MS = 50;
/** Below the ephemeral ports, which other programs get. */
const PORT_MIN = 20_000;
const PORT_MAX = 32_000;
const METHODS = ['ping', 'find_node', 'get_peers', 'sample_infohashes'] as const;
type Method = (typeof METHODS)[number];

const random = createSystemRandom();

class Responder {
  readonly #process: ChildProcess;
  readonly listen: Listen;

  static async start(file: string, host: string): Promise<Responder> {
    const child = fork(join(import.meta.dirname, 'responders', file), { execArgv: [] });
    const responder = new Responder(child, { host, port: PORT_MIN + random.below(PORT_MAX - PORT_MIN) });
    await responder.#ask({ listen: responder.listen });
    return responder;
  }

  private constructor(child: ChildProcess, listen: Listen) {
    this.#process = child;
    this.listen = listen;
  }

  async cpuUs(): Promise<number> {
    const answer = await this.#ask('cpu');
    return typeof answer === 'object' ? answer.cpuUs : Number.NaN;
  }

  stop(): void {
    if (this.#process.connected) this.#process.send('end');
  }

  #ask(message: ToResponder): Promise<FromResponder> {
    const child = this.#process;
    return new Promise((resolve, reject) => {
      const fail = (): void => reject(new Error('a responder ended unexpectedly'));
      child.once('exit', fail);
      child.once('message', (answer: FromResponder) => {
        child.off('exit', fail);
        resolve(answer);
      });
      child.send(message);
    });
  }
}

export async function run(): Promise<string[]> {
  const socket = createSocket({
    type: 'udp4',
    recvBufferSize: 1 << 20,
    lookup: (host, _options, done) => done(null, host, 4),
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.73.0.9', resolve));
  const ours = await Responder.start('ours.ts', '127.73.0.1');
  const theirs = await Responder.start('theirs.mjs', '127.73.0.2');
  try {
    return await compare(socket, ours, theirs);
  } finally {
    ours.stop();
    theirs.stop();
    socket.close();
  }
}

async function compare(socket: Socket, ours: Responder, theirs: Responder): Promise<string[]> {
  const costs = new Map<string, number[]>();
  const measure = async (responder: Responder, method: Method): Promise<number> => {
    const before = await responder.cpuUs();
    const answered = await load(socket, responder.listen, method, SLICE_MS);
    return ((await responder.cpuUs()) - before) / answered;
  };
  for (const method of METHODS) {
    await load(socket, ours.listen, method, WARM_UP_MS);
    if (method !== 'sample_infohashes') await load(socket, theirs.listen, method, WARM_UP_MS);
  }
  for (let round = 0; round < ROUNDS; round++) {
    for (const method of METHODS) {
      const [our, their] = [`our ${method}`, `their ${method}`];
      costs.set(our, [...(costs.get(our) ?? []), await measure(ours, method)]);
      // It does not answer sample_infohashes.
      if (method !== 'sample_infohashes')
        costs.set(their, [...(costs.get(their) ?? []), await measure(theirs, method)]);
    }
  }
  return report(costs);
}

function report(costs: ReadonlyMap<string, number[]>): string[] {
  const lines = ['CPU us an answer (answers a CPU second); ratio = median over rounds of theirs / ours'];
  for (const method of METHODS) {
    const our = costs.get(`our ${method}`)!;
    const their = costs.get(`their ${method}`) ?? [];
    const ratio = median(their.map((cost, round) => cost / our[round]!));
    const versus =
      their.length === 0 ? 'bittorrent-dht does not answer it' : `bittorrent-dht ${cost(their)}, ${ratio.toFixed(1)}x`;
    lines.push(`${method.padEnd(18)} ours ${cost(our)}, ${versus}`);
  }
  return lines;
}

function cost(costsUs: readonly number[]): string {
  const us = median(costsUs);
  return `${us.toFixed(1)} us (${Math.round(1e6 / us).toLocaleString('en')}/s)`;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

/** Keeps OUTSTANDING queries under way for `durationMs`; returns how many were answered. */
function load(socket: Socket, { host, port }: Listen, method: Method, durationMs: number): Promise<number> {
  const query = template(method);
  let answered = 0;
  let answeredAtStall = -1;
  const send = (): void => {
    // A new target each time: answers must be looked for, not remembered.
    if (query.targetStart > 0) query.bytes.writeUInt32BE(random.uint32(), query.targetStart);
    socket.send(Buffer.from(query.bytes), port, host);
  };
  const refill = (): void => {
    if (answered === answeredAtStall) for (let index = 0; index < OUTSTANDING; index++) send();
    answeredAtStall = answered;
  };
  const hear = (): void => {
    answered++;
    send();
  };
  socket.on('message', hear);
  for (let index = 0; index < OUTSTANDING; index++) send();
  const stalling = setInterval(refill, STALL_MS);
  return new Promise((resolve) =>
    setTimeout(() => {
      clearInterval(stalling);
      socket.off('message', hear);
      // What is still under way must not count for the next slice.
      setTimeout(() => resolve(answered), STALL_MS);
    }, durationMs),
  );
}

function template(method: Method): { bytes: Buffer; targetStart: number } {
  const buffer = new Uint8Array(256);
  const target = random.bytes(20);
  const head = { transactionId: random.bytes(4), id: asNodeId(random.bytes(20)), isReadOnly: true };
  const query: OutgoingQuery =
    method === 'ping'
      ? { ...head, method }
      : method === 'get_peers'
        ? { ...head, method, infohash: target }
        : { ...head, method, target };
  const bytes = Buffer.from(buffer.subarray(0, encodeQuery(buffer, query)));
  return { bytes, targetStart: method === 'ping' ? -1 : bytes.indexOf(target) };
}
