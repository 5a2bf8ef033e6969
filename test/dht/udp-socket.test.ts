// The real sockets on loopback addresses: what holds for node:dgram and for ours alike.
import { createSocket } from 'node:dgram';
import { afterEach, describe, expect, test } from 'vitest';
import type { Contact } from '../../main/base/contact.ts';
import type { DatagramSocket, OpenDatagramSocket } from '../../main/dht/udp-socket.ts';
import { TRANSPORTS } from './udp-transports.ts';

const open: DatagramSocket[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((socket) => socket.close()));
});

interface Ear {
  readonly socket: DatagramSocket;
  readonly contact: Contact;
  readonly heard: { readonly text: string; readonly from: Contact }[];
  readonly errors: Error[];
}

async function listenOn(openSocket: OpenDatagramSocket, bindHost: string, port = 0): Promise<Ear> {
  const heard: Ear['heard'] = [];
  const errors: Error[] = [];
  const socket = await openSocket({
    bindHost,
    port,
    onDatagram: (bytes, from) => heard.push({ text: Buffer.from(bytes).toString(), from }),
    onError: (error) => errors.push(error),
  });
  open.push(socket);
  return { socket, contact: { host: bindHost, port: socket.localPort }, heard, errors };
}

async function until(isDone: () => boolean): Promise<void> {
  for (let waited = 0; !isDone() && waited < 5_000; waited += 5) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe.each(TRANSPORTS)('UDP socket, $name', ({ name, openSocket }) => {
  const listen = (bindHost: string, port = 0): Promise<Ear> => listenOn(openSocket, bindHost, port);

  test('says what it is', async () => {
    expect((await listen('127.61.0.1')).socket.transport).toBe(name);
  });

  test('carries datagrams, with the address they came from', async () => {
    const [a, b] = [await listen('127.61.0.1'), await listen('127.61.0.2')];
    a.socket.send(Buffer.from('hello there'), b.contact, 5);
    await until(() => b.heard.length === 1);
    expect(b.heard).toEqual([{ text: 'hello', from: a.contact }]);
  });

  test('keeps no hold of the bytes: a thousand from one buffer arrive as they were sent', async () => {
    const [a, b] = [await listen('127.61.0.1'), await listen('127.61.0.2')];
    const buffer = Buffer.alloc(4);
    for (let index = 0; index < 1_000; index++) {
      buffer.writeUInt32BE(0x61616161 + (index % 20));
      a.socket.send(buffer, b.contact);
      if (index % 100 === 99) await until(() => b.heard.length === index + 1);
    }
    expect(b.heard.map(({ text }) => text)).toEqual(
      Array.from({ length: 1_000 }, (_, index) => `aaa${String.fromCharCode(97 + (index % 20))}`),
    );
  });

  test('datagrams of every length follow each other out of one buffer, each as long as it was sent', async () => {
    const [a, b] = [await listen('127.61.0.1'), await listen('127.61.0.2')];
    const buffer = Buffer.alloc(1_472);
    const lengths = Array.from({ length: 300 }, (_, index) => 1 + ((index * 611) % 1_472));
    for (const [index, length] of lengths.entries()) {
      buffer.fill(97 + (index % 20));
      a.socket.send(buffer, b.contact, length);
      if (index % 50 === 49) await until(() => b.heard.length === index + 1);
    }
    expect(b.heard.map(({ text }) => text)).toEqual(
      lengths.map((length, index) => String.fromCharCode(97 + (index % 20)).repeat(length)),
    );
  });

  test('works over IPv6', async () => {
    const [a, b] = [await listen('::1'), await listen('::1')];
    a.socket.send(Buffer.from('six'), b.contact);
    await until(() => b.heard.length === 1);
    expect(b.heard).toEqual([{ text: 'six', from: { host: '::1', port: a.contact.port } }]);
  });

  test('a port that is taken rejects', async () => {
    const { contact } = await listen('127.61.0.1');
    await expect(listen('127.61.0.1', contact.port)).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await expect(listen('192.0.2.1')).rejects.toMatchObject({ code: 'EADDRNOTAVAIL' });
  });

  test('errors of sending are heard now and then, and harm nothing', async () => {
    const a = await listen('127.61.0.1');
    const b = await listen('127.61.0.2');
    for (let index = 0; index < 130; index++) a.socket.send(Buffer.from('x'), { host: '255.255.255.255', port: 9 }); // EACCES
    await until(() => a.errors.length > 0);
    expect(a.errors.length).toBeGreaterThanOrEqual(1);
    a.socket.send(Buffer.from('x'), { host: '127.61.0.2', port: 70_000 }); // a mistake of ours: said, not thrown
    a.socket.send(Buffer.alloc(2_000), b.contact); // too long for a frame: left out
    a.socket.send(Buffer.from('still here'), b.contact);
    await until(() => b.heard.length > 0);
    expect(b.heard.map(({ text }) => text)).toEqual(['still here']);
  });

  test('closed, it neither sends nor hears, and closing twice is one', async () => {
    const [a, b] = [await listen('127.61.0.1'), await listen('127.61.0.2')];
    await a.socket.close();
    await a.socket.close();
    a.socket.send(Buffer.from('x'), b.contact);
    const stranger = createSocket('udp4');
    stranger.send('y', a.contact.port, a.contact.host);
    await new Promise((resolve) => setTimeout(resolve, 50));
    stranger.close();
    expect(a.heard.length + b.heard.length).toBe(0);
  });
});
