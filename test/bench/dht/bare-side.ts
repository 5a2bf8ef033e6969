// The floor under our node: what a socket alone costs for the same datagrams, with no work done on what comes in: node:dgram,
// with the two things that make it cheaper (a synchronous lookup, no callback), or our own compiled one. It answers every query with the same bytes, and its
// "lookups" are exchanges with random nodes, a fixed number each. In Node or in a worker of the Electron runtime, as ours-side.ts.
import { createSocket } from 'node:dgram';
import { parentPort, workerData } from 'node:worker_threads';
import type { Contact } from '../../../main/base/contact.ts';
import { loadNativeBinding } from '../../../main/dht/udp/native-binding.ts';
import { nativeOpener } from '../../../main/dht/udp/native-udp-socket.ts';
import { UDP_BINDING_VARIABLE } from '../../../main/dht/udp/transport.ts';
import { CRAWL_TICK_MS, nodeAddress, type Command, type CrawlCommand, type SideOptions } from './commands.ts';
import { listen, say } from './side-line.ts';

/** A query without a target has fewer bytes; its answer has no nodes. */
const PING_BYTES_MAX = 90;
const PONG = Buffer.from('d2:ip6:......1:rd2:id20:....................e1:t4:aaaa1:v4:LF..1:y1:re');
const REPLY = Buffer.from(
  `d2:ip6:......1:rd2:id20:....................5:nodes208:${'.'.repeat(208)}e1:t4:aaaa1:v4:LF..1:y1:re`,
);
const QUERY = Buffer.from(
  'd1:ad2:id20:....................9:info_hash20:....................e1:q9:get_peers1:t4:aaaa1:v4:LF..1:y1:qe',
);
const SAMPLE_QUERY = Buffer.from(
  'd1:ad2:id20:....................6:target20:....................e1:q17:sample_infohashes1:t4:aaaa1:v4:LF..1:y1:qe',
);
/** Of the simulated network, at least. */
const NODES = 100_000;
/** As many as a search of ours sends (dht-lookup counts them). */
const EXCHANGES_A_LOOKUP = 19;
/** Four of each of the 24 lookups that ours-side.ts runs at a time. */
const AT_ONCE = 96;
const STALLED_MS = 200;

const options = (parentPort === null ? JSON.parse(process.argv[2] ?? '{}') : workerData) as SideOptions;
let onReply: (() => void) | null = null;
const send = options.isNative === true ? await openNative() : await openDgram();
listen(obey);
say({ ready: true });

type Send = (bytes: Uint8Array, to: Contact) => void;

async function openNative(): Promise<Send> {
  const socket = await nativeOpener(loadNativeBinding(process.env[UDP_BINDING_VARIABLE]!))({
    bindHost: options.host,
    port: options.port,
    onDatagram: (bytes, from) => hear(bytes.length, from),
    onError: () => undefined,
  });
  return (bytes, to) => socket.send(bytes, to);
}

function openDgram(): Promise<Send> {
  const socket = createSocket({ type: 'udp4', lookup: (host, _options, onLookedUp) => onLookedUp(null, host, 4) });
  socket.on('message', (bytes, { address: host, port }) => hear(bytes.length, { host, port }));
  return new Promise((resolve) => {
    socket.bind(options.port, options.host, () => {
      socket.setRecvBufferSize(4 * 1024 * 1024);
      resolve((bytes, { host, port }) => socket.send(bytes, port, host));
    });
  });
}

function hear(byteCount: number, from: Contact): void {
  if (onReply !== null) onReply();
  else send(byteCount < PING_BYTES_MAX ? PONG : REPLY, from);
}

async function obey(command: Command): Promise<object> {
  if (command.do === 'crawl') return crawl(command);
  if (command.do === 'lookups') await exchange(command.infohashes.length * EXCHANGES_A_LOOKUP);
  return {};
}

/** At the same pace and with the same timer as ours. */
async function crawl({ queriesPerSecond, seconds }: CrawlCommand): Promise<object> {
  const startedAtMs = performance.now();
  let sent = 0;
  onReply = () => undefined;
  const timer = setInterval(() => {
    const owed = ((performance.now() - startedAtMs) / 1000) * queriesPerSecond;
    for (; sent < owed; sent++) send(SAMPLE_QUERY, nodeContact(sent));
  }, CRAWL_TICK_MS);
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  clearInterval(timer);
  return { queriesPerSecond: sent / seconds };
}

function nodeContact(number: number): Contact {
  return { host: nodeAddress((number * 7919) % NODES), port: options.bootstrap.port };
}

function exchange(count: number): Promise<void> {
  return new Promise((resolve) => {
    let sent = 0;
    let heard = 0;
    let heardBefore = -1;
    const ask = (): void => {
      send(QUERY, nodeContact(sent++));
    };
    const end = (): void => {
      clearInterval(timer);
      onReply = null;
      resolve();
    };
    // What was lost is not asked again.
    const timer = setInterval(() => {
      if (heard === heardBefore) end();
      heardBefore = heard;
    }, STALLED_MS);
    onReply = () => {
      if (++heard >= count) end();
      else if (sent < count) ask();
    };
    for (let index = 0; index < AT_ONCE; index++) ask();
  });
}
