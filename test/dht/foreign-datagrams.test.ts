// The DHT's socket lent to uTP: real sockets on 127.0.0.0/8.
import { createSocket } from 'node:dgram';
import { expect, test } from 'vitest';
import { startNode, stops } from './udp-rig.ts';
import { queryBytes } from './wire-fixtures.ts';

async function until(isDone: () => boolean): Promise<void> {
  for (let waited = 0; !isDone() && waited < 10_000; waited += 5)
    await new Promise((resolve) => setTimeout(resolve, 5));
  expect(isDone()).toBe(true);
}

test('what is no KRPC goes to the other protocol, which sends from our port, but not while paused nor to forbidden addresses', async () => {
  const { node, counters } = await startNode('127.62.9.1');
  const heard: Buffer[] = [];
  const stranger = createSocket('udp4');
  stranger.on('message', (bytes) => heard.push(bytes));
  await new Promise<void>((resolve) => stranger.bind(0, '127.62.9.2', resolve));
  stops.push(() => void stranger.close());
  const contact = { host: '127.62.9.2', port: stranger.address().port };
  const send = (bytes: Uint8Array) => stranger.send(bytes, node.localPort, '127.62.9.1');

  const taken: string[] = [];
  node.foreign.onDatagram = (bytes, from) => {
    if (bytes[0] !== 0x21) return false;
    taken.push(`${Buffer.from(bytes).toString('hex')} ${from.host}`);
    return true;
  };
  send(Buffer.from('2101', 'hex'));
  send(Buffer.from('ffff', 'hex'));
  send(queryBytes('ping'));
  await until(() => heard.length === 1 && counters.packetsIn === 3);
  expect(taken).toEqual(['2101 127.62.9.2']);
  expect([counters.foreignPacketsIn, counters.malformed.total()]).toEqual([1, 1]);

  expect(node.foreign.send(Buffer.from('4101', 'hex'), contact)).toBe(true);
  await until(() => heard.length === 2);
  expect(heard[1]!.toString('hex')).toBe('4101');
  expect(node.foreign.send(Buffer.from('4101', 'hex'), { host: '0.0.0.0', port: 1 })).toBe(false);
  node.pause();
  expect(node.foreign.send(Buffer.from('4101', 'hex'), contact)).toBe(false);
  send(Buffer.from('2102', 'hex'));
  node.resume();
  expect(node.foreign.send(Buffer.from('4102', 'hex'), contact)).toBe(true);
  await until(() => heard.length === 3);
  expect(counters.foreignPacketsOut).toBe(2);
});
