// What only our own socket has to prove: batches, slabs, beats, and that nothing of it is left behind. Real sockets on
// loopback; where the kernel would have to be in trouble, the binding is wrapped and says that it is.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createSocket } from 'node:dgram';
import { afterEach, describe, expect, test } from 'vitest';
import { silentLog } from '../../main/base/log.ts';
import { SLOTS, type NativeBinding } from '../../main/dht/udp/native-binding.ts';
import { nativeOpener } from '../../main/dht/udp/native-udp-socket.ts';
import { chooseOpener } from '../../main/dht/udp/transport.ts';
import type { DatagramSocket, OpenDatagramSocket } from '../../main/dht/udp-socket.ts';
import { decodeKrpc, KrpcMessage } from '../../main/wire/krpc-codec.ts';
import { startNode } from './udp-rig.ts';
import { BINDING, BINDING_PATH } from './udp-transports.ts';

const open: DatagramSocket[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((socket) => socket.close()));
});

interface Ear {
  readonly socket: DatagramSocket;
  readonly contact: { readonly host: string; readonly port: number };
  readonly heard: string[];
  readonly errors: string[];
  readonly deaths: string[];
}

async function listen(
  openSocket: OpenDatagramSocket,
  bindHost: string,
  onDatagram: (bytes: Uint8Array) => void = () => undefined,
): Promise<Ear> {
  const heard: string[] = [];
  const errors: string[] = [];
  const deaths: string[] = [];
  const socket = await openSocket({
    bindHost,
    port: 0,
    onDatagram: (bytes) => {
      heard.push(Buffer.from(bytes).toString('latin1'));
      onDatagram(bytes);
    },
    onError: (error) => errors.push(codeOf(error)),
    onDead: (error) => deaths.push(codeOf(error)),
  });
  open.push(socket);
  return { socket, contact: { host: bindHost, port: socket.localPort }, heard, errors, deaths };
}

function codeOf(error: Error): string {
  return (error as NodeJS.ErrnoException).code ?? error.message;
}

async function until(isDone: () => boolean): Promise<void> {
  for (let waited = 0; !isDone() && waited < 5_000; waited += 5) await pass(5);
}

function pass(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Of this process: every socket that is open. */
function socketCount(): number {
  return readdirSync('/proc/self/fd').filter((fd) => isSocket(fd)).length;
}

function isSocket(fd: string): boolean {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`).startsWith('socket:');
  } catch {
    return false; // the one by which the folder was read
  }
}

describe.skipIf(BINDING === null)('our own UDP socket', () => {
  const binding = BINDING!;
  const openSocket = nativeOpener(binding ?? ({} as NativeBinding));

  test('a thousand datagrams sent in one turn all arrive, in their order', async () => {
    const [a, b] = [await listen(openSocket, '127.61.1.1'), await listen(openSocket, '127.61.1.2')];
    const sent = Array.from({ length: 1_000 }, (_, index) => `number ${index}`);
    for (const text of sent) a.socket.send(Buffer.from(text), b.contact);
    await until(() => b.heard.length === sent.length);
    expect(b.heard).toEqual(sent);
    expect(a.errors).toEqual([]);
  });

  test('one datagram at a time, there and back: each leaves with its batch', async () => {
    const echo: Ear = await listen(openSocket, '127.61.1.2', () => echo.socket.send(Buffer.from('back'), a.contact));
    const a: Ear = await listen(openSocket, '127.61.1.1', () => {
      if (a.heard.length < 50) a.socket.send(Buffer.from('there'), echo.contact);
    });
    a.socket.send(Buffer.from('there'), echo.contact);
    await until(() => a.heard.length === 50);
    expect([a.heard.length, echo.heard.length]).toEqual([50, 50]);
  });

  test('what does not fit into a slot is cut off there, and is too long for the codec', async () => {
    let problem: string | null = null;
    const b = await listen(openSocket, '127.61.1.2', (bytes) => {
      problem = decodeKrpc(bytes, new KrpcMessage());
    });
    const stranger = createSocket('udp4');
    for (const length of [4_096, 6_000, 60_000, 0]) {
      stranger.send(Buffer.alloc(length, 'd'), b.contact.port, b.contact.host);
      await until(() => b.heard.length > 0);
      const [text] = b.heard.splice(0);
      expect(text).toHaveLength(length <= 4_096 ? length : 4_224);
      expect(problem === 'too-long').toBe(length > 4_096);
    }
    stranger.close();
  });

  test('addresses that are none of this socket are said and left out', async () => {
    const [a, b] = [await listen(openSocket, '127.61.1.1'), await listen(openSocket, '127.61.1.2')];
    const wrong = [
      { host: '127.61.1.2', port: 0 },
      { host: '127.61.1.2', port: 65_536 },
      { host: '127.61.1.2', port: Number.NaN },
      { host: '::1', port: 9 },
      { host: 'localhost', port: 9 },
      { host: '', port: 9 },
    ];
    for (const contact of wrong) a.socket.send(Buffer.from('x'), contact);
    expect(a.errors).toEqual(wrong.map(() => 'ERR_SOCKET_BAD_CONTACT'));
    a.socket.send(Buffer.from('right'), b.contact);
    await until(() => b.heard.length > 0);
    expect(b.heard).toEqual(['right']);
    const six = await listen(openSocket, '::1');
    six.socket.send(Buffer.from('x'), b.contact);
    expect(six.errors).toEqual(['ERR_SOCKET_BAD_CONTACT']);
  });

  test('a destination that cannot be sent to is said once, a row of failures each time; those behind it leave', async () => {
    const [a, b] = [await listen(openSocket, '127.61.1.1'), await listen(openSocket, '127.61.1.2')];
    const forbidden = { host: '255.255.255.255', port: 9 }; // EACCES
    for (let index = 0; index < 10; index++) {
      a.socket.send(Buffer.from('x'), forbidden);
      a.socket.send(Buffer.from(String(index)), b.contact);
    }
    await until(() => b.heard.length === 10);
    expect(b.heard).toEqual(Array.from({ length: 10 }, (_, index) => String(index)));
    expect(a.errors).toEqual(['EACCES']);
    for (let index = 0; index < 10; index++) a.socket.send(Buffer.from('x'), forbidden);
    await until(() => a.errors.length === 10);
    expect(a.errors).toHaveLength(10); // all but the first of the row
    expect(a.deaths).toEqual([]);
  });

  test('an address that is gone: eight in a row, and the socket is of no use, said once', async () => {
    const addressGone = -99; // EADDRNOTAVAIL
    const gone = nativeOpener({ ...binding, send: () => addressGone });
    const [a, b] = [await listen(gone, '127.61.1.1'), await listen(openSocket, '127.61.1.2')];
    for (let index = 0; index < 20; index++) a.socket.send(Buffer.from('x'), b.contact);
    await until(() => a.deaths.length > 0);
    expect(a.deaths).toEqual(['EADDRNOTAVAIL']);
  });

  test('the same port in both families: IPv6 sockets take IPv6 only', async () => {
    const six = await openSocket({ bindHost: '::', port: 0, onDatagram: () => undefined, onError: () => undefined });
    const { localPort: port } = six;
    const four = await openSocket({
      bindHost: '127.61.1.1',
      port,
      onDatagram: () => undefined,
      onError: () => undefined,
    });
    expect(four.localPort).toBe(port);
    await Promise.all([six.close(), four.close()]);
  });

  test('closed from within its own callback it hears nothing more, and what it sent before has left', async () => {
    const other = await listen(openSocket, '127.61.1.2');
    const self: Ear = await listen(openSocket, '127.61.1.1', () => {
      self.socket.send(Buffer.from('last words'), other.contact);
      void self.socket.close();
      self.socket.send(Buffer.from('from beyond'), other.contact);
    });
    for (let index = 0; index < 100; index++) other.socket.send(Buffer.from('x'), self.contact);
    await until(() => other.heard.length > 0);
    await pass(20);
    expect(self.heard).toHaveLength(1);
    expect(other.heard).toEqual(['last words']);
  });

  test.skipIf(process.platform !== 'linux')('sockets are not inherited, and closing gives every one back', async () => {
    const before = socketCount();
    const sockets: DatagramSocket[] = [];
    for (let index = 0; index < 50; index++) sockets.push((await listen(openSocket, '127.61.1.1')).socket);
    expect(socketCount()).toBe(before + 50);
    const flags = readdirSync('/proc/self/fd')
      .filter(isSocket)
      .map((fd) => /flags:\s+(\d+)/.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))![1]!);
    for (const octal of flags) expect(Number.parseInt(octal, 8) & 0o2000000).not.toBe(0); // O_CLOEXEC
    await Promise.all(sockets.map((socket) => socket.close()));
    expect(socketCount()).toBe(before);
  });

  test('no room to send: a slab full waits in its order, what is beyond it is dropped and said', async () => {
    let isBlocked = true;
    let onRoom = (): void => undefined;
    const blocked: NativeBinding = {
      ...binding,
      open: (isV6, contact, inSlab, inLetters, outSlab, outLetters, beatMs, onEvent) => {
        onRoom = () => onEvent(0);
        return binding.open(isV6, contact, inSlab, inLetters, outSlab, outLetters, beatMs, onEvent);
      },
      send: (handle, first, count) => (isBlocked ? 0 : binding.send(handle, first, Math.min(count, 7))),
    };
    const a = await listen(nativeOpener(blocked), '127.61.1.1');
    const b = await listen(openSocket, '127.61.1.2');
    for (let index = 0; index < SLOTS + 3; index++) a.socket.send(Buffer.from(String(index)), b.contact);
    await pass(20);
    expect([b.heard, a.errors]).toEqual([[], ['ENOBUFS', 'ENOBUFS', 'ENOBUFS']]);
    isBlocked = false;
    onRoom();
    await until(() => b.heard.length === SLOTS);
    expect(b.heard).toEqual(Array.from({ length: SLOTS }, (_, index) => String(index)));
    isBlocked = true;
    a.socket.send(Buffer.from('never'), b.contact);
    a.socket.settle!(); // paused: it must not leave later
    isBlocked = false;
    onRoom();
    a.socket.send(Buffer.from('now'), b.contact);
    await until(() => b.heard.length > SLOTS);
    expect(b.heard.slice(SLOTS)).toEqual(['now']);
  });

  test('a node that is paused sends nothing from then on, though it gathers what it sends', async () => {
    let isPaused = false;
    let sentAfterwards = 0;
    let sentBefore = 0;
    const watched: NativeBinding = {
      ...binding,
      send: (handle, first, count) => {
        if (isPaused) sentAfterwards += count;
        else sentBefore += count;
        return binding.send(handle, first, count);
      },
    };
    const { node, counters } = await startNode('127.61.1.1', {}, nativeOpener(watched));
    const stranger = await listen(openSocket, '127.61.1.2');
    for (let index = 0; index < 3; index++) node.query(stranger.contact, { method: 'ping' }, () => undefined);
    node.pause();
    isPaused = true;
    await pass(50);
    expect(sentBefore).toBe(3);
    expect([sentAfterwards, counters.packetsOut, stranger.heard.length]).toEqual([0, 3, 3]);
    expect(node.figures().transport).toBe('native');
  });

  test('read in beats, a stream of datagrams is heard in full with few calls', async () => {
    let batches = 0;
    const counting: NativeBinding = {
      ...binding,
      open: (isV6, contact, inSlab, inLetters, outSlab, outLetters, beatMs, onEvent) =>
        binding.open(isV6, contact, inSlab, inLetters, outSlab, outLetters, beatMs, (event) => {
          batches++;
          onEvent(event);
        }),
    };
    const measure = async (beatMs: number): Promise<number> => {
      const b = await listen(nativeOpener(counting, beatMs), '127.61.1.2');
      const a = await listen(openSocket, '127.61.1.1');
      batches = 0;
      let sent = 0;
      // Each in a turn of its own, until the socket has found its beat and well beyond.
      while (sent < 3_000) {
        a.socket.send(Buffer.from(String(sent++)), b.contact);
        await new Promise(setImmediate);
      }
      await until(() => b.heard.length === sent);
      expect(b.heard).toHaveLength(sent);
      return batches;
    };
    const alone = await measure(0);
    // On a machine so slow that turns take milliseconds both are one batch a turn at worst.
    expect(await measure(20)).toBeLessThanOrEqual(alone);
    // And after it, quiet again, a single one is heard as well.
    const [a, b] = [await listen(openSocket, '127.61.1.1'), await listen(nativeOpener(binding, 5), '127.61.1.2')];
    a.socket.send(Buffer.from('quiet'), b.contact);
    await until(() => b.heard.length === 1);
    expect(b.heard).toEqual(['quiet']);
  });
});

describe('which socket is used', () => {
  const ignore = { port: 0, onDatagram: (): void => undefined, onError: (): void => undefined };

  test('node:dgram where none is compiled, or what is there does not load, which is said once', async () => {
    for (const [path, count] of [
      [null, 0],
      ['dgram', 0],
      ['/nowhere/udp.node', 1],
      [import.meta.filename, 1],
    ] as const) {
      const said: string[] = [];
      const socket = await chooseOpener(path, { info: (text) => void said.push(text) })({
        bindHost: '127.61.1.1',
        ...ignore,
      });
      expect([socket.transport, said.length]).toEqual(['dgram', count]);
      await socket.close();
    }
  });

  test.skipIf(BINDING_PATH === null)('ours where it loads; an address with a zone is for node:dgram', async () => {
    const openSocket = chooseOpener(BINDING_PATH, silentLog);
    const socket = await openSocket({ bindHost: '127.61.1.1', ...ignore });
    expect(socket.transport).toBe('native');
    await expect(openSocket({ bindHost: '127.61.1.1', ...ignore, port: socket.localPort })).rejects.toMatchObject({
      code: 'EADDRINUSE',
    });
    await socket.close();
    await expect(openSocket({ bindHost: 'fe80::1%lo', ...ignore })).rejects.toMatchObject({ syscall: 'bind' });
    await expect(openSocket({ bindHost: 'localhost', ...ignore })).rejects.toMatchObject({ code: 'EINVAL' });
  });
});
