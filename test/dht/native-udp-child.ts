// Started by native-udp-process.test.ts: what must be tried in a process of its own, since it ends one, or might crash one.
// The first argument says what; prints one line of JSON.
import { once } from 'node:events';
import { readdirSync, readlinkSync } from 'node:fs';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { createSeededRandom } from '../../main/base/random.ts';
import {
  IN_SLOT_BYTES,
  LETTER_BYTES,
  loadNativeBinding,
  OUT_SLOT_BYTES,
  SLOTS,
} from '../../main/dht/udp/native-binding.ts';
import { nativeOpener } from '../../main/dht/udp/native-udp-socket.ts';
import { UDP_BINDING_VARIABLE } from '../../main/dht/udp/transport.ts';

const binding = loadNativeBinding(process.env[UDP_BINDING_VARIABLE]!);
const openSocket = nativeOpener(binding);
const HELLO = Buffer.from('hello');

if (!isMainThread) await beWorker(workerData as { host: string });
else process.stdout.write(`${JSON.stringify(await tryOut(process.argv[2] ?? ''))}\n`);

function tryOut(what: string): Promise<object> {
  switch (what) {
    case 'throw':
      return throwFromCallback();
    case 'end':
      return endByItself();
    case 'exit':
      return exitFromCallback();
    case 'workers':
      return endWorkers();
    case 'memory':
      return moveMany();
    case 'nonsense':
      return Promise.resolve(callWithNonsense());
    default:
      throw new Error(`nothing is called ${what}`);
  }
}

/** Each datagram throws: each is one uncaughtException, and all are heard. */
async function throwFromCallback(): Promise<object> {
  const uncaught: string[] = [];
  process.on('uncaughtException', (error) => uncaught.push(error.message));
  const heard: string[] = [];
  const socket = await openSocket({
    bindHost: '127.61.3.1',
    port: 0,
    onDatagram: (bytes) => {
      heard.push(Buffer.from(bytes).toString());
      throw new Error(`about ${heard.length}`);
    },
    onError: (error) => {
      throw error;
    },
  });
  const to = { host: '127.61.3.1', port: socket.localPort };
  for (let index = 0; index < 3; index++) socket.send(Buffer.from(`first ${index}`), to);
  while (heard.length < 3) await pass();
  await pass();
  socket.send(Buffer.from('second'), to);
  while (heard.length < 4) await pass();
  await pass();
  // And straight out of the callback of the C side.
  const raw = binding.open(
    ...rawArguments('127.61.3.1', () => {
      throw new Error('out of the raw callback');
    }),
  );
  if (typeof raw === 'number') throw new Error(`open: ${raw}`);
  for (let round = 0; round < 2; round++) {
    socket.send(HELLO, { host: '127.61.3.1', port: binding.port(raw) });
    while (uncaught.length < 5 + round) await pass();
  }
  await pass();
  binding.close(raw);
  await socket.close();
  return { heard, uncaught };
}

/** Nothing but the socket keeps the process: closed, it ends. */
async function endByItself(): Promise<object> {
  const socket = await openSocket({
    bindHost: '127.61.3.1',
    port: 0,
    onDatagram: () => undefined,
    onError: () => undefined,
  });
  setTimeout(() => void socket.close(), 20);
  return { isOpen: true };
}

function exitFromCallback(): Promise<object> {
  return new Promise((resolve) => {
    void openSocket({
      bindHost: '127.61.3.1',
      port: 0,
      onDatagram: () => process.exit(7),
      onError: () => undefined,
    }).then((socket) => {
      for (let index = 0; index < 200; index++) socket.send(HELLO, { host: '127.61.3.1', port: socket.localPort });
      resolve({ isSent: true });
    });
  });
}

/** Threads that end in the middle of traffic, in every way a thread can end; their sockets go with them. */
async function endWorkers(): Promise<object> {
  const before = socketCount();
  const socket = await openSocket({
    bindHost: '127.61.3.1',
    port: 0,
    onDatagram: () => undefined,
    onError: () => undefined,
  });
  let endings = 0;
  for (let round = 0; round < 4; round++) {
    const workers = await Promise.all([1, 2, 3].map((index) => startWorker(`127.61.3.${10 + index}`)));
    for (let burst = 0; burst < 40; burst++) {
      for (const { contacts } of workers) for (const contact of contacts) socket.send(HELLO, contact);
      if (burst % 10 === 0) await pass();
    }
    await Promise.all(
      workers.map(async ({ worker }, index) => {
        const ending = once(worker, 'exit');
        if (index === 0) worker.postMessage('exit');
        else if (index === 1) worker.postMessage('close');
        else void worker.terminate();
        for (let burst = 0; burst < 10; burst++) socket.send(HELLO, workers[index]!.contacts[0]!);
        await ending;
        endings++;
      }),
    );
  }
  await socket.close();
  return { endings, left: socketCount() - before };
}

async function startWorker(host: string) {
  const worker = new Worker(import.meta.filename, { workerData: { host } });
  const [ports] = (await once(worker, 'message')) as [number[]];
  return { worker, contacts: ports.map((port) => ({ host, port })) };
}

async function beWorker({ host }: { host: string }): Promise<void> {
  const sockets = await Promise.all(
    [0, 1, 2].map(() =>
      openSocket({
        bindHost: host,
        port: 0,
        onDatagram: (bytes, from) => sockets[0]?.send(bytes, from),
        onError: () => undefined,
      }),
    ),
  );
  parentPort!.postMessage(sockets.map(({ localPort }) => localPort));
  parentPort!.once('message', (how) => {
    if (how === 'exit') process.exit(0);
    for (const socket of sockets) void socket.close();
  });
}

/** 200,000 datagrams through one socket, and sockets that are closed and forgotten. */
async function moveMany(): Promise<object> {
  const gc = globalThis.gc!;
  let heard = 0;
  const ear = await openSocket({
    bindHost: '127.61.3.2',
    port: 0,
    onDatagram: () => heard++,
    onError: () => undefined,
  });
  const mouth = await openSocket({
    bindHost: '127.61.3.1',
    port: 0,
    onDatagram: () => undefined,
    onError: () => undefined,
  });
  const to = { host: '127.61.3.2', port: ear.localPort };
  const move = async (count: number): Promise<void> => {
    for (const end = heard + count; heard < end;) {
      const before = heard;
      for (let index = 0; index < 1_000; index++) mouth.send(HELLO, to);
      for (let waited = 0; heard < before + 1_000 && waited < 1_000; waited++) await pass();
    }
  };
  const used = (): number => {
    gc();
    const { heapUsed, external, arrayBuffers } = process.memoryUsage();
    return heapUsed + external + arrayBuffers;
  };
  const forget = async (count: number): Promise<void> => {
    for (let index = 0; index < count; index++) {
      const socket = await openSocket({
        bindHost: '127.61.3.3',
        port: 0,
        onDatagram: () => heard,
        onError: () => undefined,
      });
      await socket.close();
    }
    for (let turn = 0; turn < 5; turn++) {
      await pass();
      gc();
    }
  };
  await move(20_000);
  await forget(20);
  const before = used();
  await move(180_000);
  await forget(200);
  const grownBytes = used() - before;
  const forgottenCount = await forgetHandles();
  await Promise.all([ear.close(), mouth.close()]);
  return { heard, grownBytes, forgottenCount };
}

/** Handles whose JavaScript is gone although nobody closed them: the sockets that are left of them. */
async function forgetHandles(): Promise<number> {
  const before = socketCount();
  for (let index = 0; index < 50; index++) binding.open(...rawArguments('127.61.3.1', () => undefined));
  for (let turn = 0; turn < 20 && socketCount() > before; turn++) {
    globalThis.gc!();
    await pass();
  }
  return socketCount() - before;
}

type RawArguments = Parameters<typeof binding.open>;

function rawArguments(host: string, onEvent: () => void): RawArguments {
  const contact = Uint8Array.from([...host.split('.').map(Number), ...new Array<number>(14).fill(0)]);
  const letters = (): Uint8Array => new Uint8Array(SLOTS * LETTER_BYTES);
  const [inSlab, outSlab] = [new Uint8Array(SLOTS * IN_SLOT_BYTES), new Uint8Array(SLOTS * OUT_SLOT_BYTES)];
  return [false, contact, inSlab, letters(), outSlab, letters(), 5, onEvent];
}

/** The C side believes nothing: whatever it is called with, it answers with a number and does no harm. */
function callWithNonsense(): object {
  const random = createSeededRandom(7);
  const nonsense: unknown[] = [
    ...[
      undefined,
      null,
      true,
      -1,
      0,
      1,
      63,
      64,
      65,
      1.5,
      2 ** 32,
      2 ** 53,
      Number.NaN,
      'text',
      10n,
      Symbol('s'),
      {},
      [],
    ],
    ...[new Uint8Array(0), new Uint8Array(18), new Uint8Array(SLOTS * LETTER_BYTES - 1), new Uint16Array(1 << 19)],
    ...[
      new Float64Array(9),
      new DataView(new ArrayBuffer(64)),
      new Uint8Array(new SharedArrayBuffer(1 << 19)),
      () => 1,
    ],
    new Uint8Array(new ArrayBuffer(SLOTS * LETTER_BYTES + 1), 1), // letters that are not aligned
  ];
  const pick = (): unknown => nonsense[random.below(nonsense.length)];
  const right = rawArguments('127.61.3.1', () => undefined);
  const socket = binding.open(...right);
  const functions = binding as unknown as Record<string, (...args: unknown[]) => unknown>;
  const outcomes = { number: 0, handle: 0, undefined: 0 };
  for (let round = 0; round < 20_000; round++) {
    const name = ['open', 'port', 'receiveBuffer', 'send'][random.below(4)]!;
    const length = random.below(10);
    let args = Array.from({ length }, pick);
    if (name === 'open' && random.below(2) === 0)
      args = right.map((value) => (random.below(12) === 0 ? pick() : value));
    if (name !== 'open' && random.below(3) > 0) args = [socket, ...args];
    if (random.below(4) === 0) new Uint32Array(right[5].buffer).fill(random.uint32()); // lengths beyond every slot
    const outcome = functions[name]!(...args);
    if (typeof outcome === 'number') outcomes.number++;
    else if (outcome === undefined) outcomes.undefined++;
    else {
      outcomes.handle++;
      binding.close(outcome as Exclude<typeof socket, number>);
      binding.close(outcome as Exclude<typeof socket, number>);
      if (binding.port(outcome as Exclude<typeof socket, number>) > 0) throw new Error('closed, it has no port');
    }
  }
  for (const value of nonsense) functions['close']!(value);
  binding.close(socket as Exclude<typeof socket, number>);
  return outcomes;
}

function socketCount(): number {
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith('socket:');
    } catch {
      return false; // the one by which the folder was read
    }
  }).length;
}

function pass(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 2));
}
