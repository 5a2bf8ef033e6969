// DHT nodes that answer as no node should, on real sockets of 127.0.0.0/8. They keep account of what the product sends them.
// Every contact they name is on loopback or reserved: nothing here makes the product speak to anybody else.
import { createSocket, type Socket } from 'node:dgram';
import { readdirSync, readFileSync } from 'node:fs';
import type { Bencodable } from 'bencode';
import type { Contact } from '../../main/base/contact.ts';
import type { Random } from '../../main/base/random.ts';
import { validMessages } from '../fixtures/bep-examples.ts';
import { readMessage, replyBytes, type ReadMessage } from '../dht/wire-fixtures.ts';
import { mutate } from '../fuzz/mutate.ts';

export type Answer = (query: ReadMessage, node: HostileNode) => Iterable<Uint8Array>;

export class HostileNode {
  /** When each datagram of the product came. */
  readonly heardAtMs: number[] = [];
  readonly answers: Uint8Array[] = [];
  bytesIn = 0;
  bytesOut = 0;
  readonly id: Uint8Array;
  readonly socket: Socket;

  private constructor(socket: Socket, id: Uint8Array, answer: Answer | null) {
    this.socket = socket;
    this.id = id;
    socket.on('message', (bytes, sender) => {
      this.bytesIn += bytes.length;
      this.heardAtMs.push(performance.now());
      this.answers.push(bytes);
      if (answer === null) return;
      const query = readMessage(bytes);
      if (query.y !== 'q') return;
      for (const reply of answer(query, this)) this.send(reply, { host: sender.address, port: sender.port });
    });
  }

  static async at(host: string, id: Uint8Array, answer: Answer | null = null): Promise<HostileNode> {
    const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 20 });
    await new Promise<void>((resolve) => socket.bind(0, host, resolve));
    return new HostileNode(socket, id, answer);
  }

  get contact(): Contact {
    const { address, port } = this.socket.address();
    return { host: address, port };
  }

  send(bytes: Uint8Array, to: Contact): void {
    this.bytesOut += bytes.length;
    this.socket.send(bytes, to.port, to.host);
  }

  /** The most queries heard in any `seconds` on end. */
  mostWithin(seconds: number): number {
    let most = 0;
    let first = 0;
    this.heardAtMs.forEach((atMs, index) => {
      while (atMs - this.heardAtMs[first]! > seconds * 1000) first++;
      most = Math.max(most, index - first + 1);
    });
    return most;
  }
}

export function compactNode(id: Uint8Array, contact: Contact): Uint8Array {
  return Buffer.concat([id, compactPeer(contact)]);
}

export function compactPeer({ host, port }: Contact): Uint8Array {
  return Uint8Array.from([...host.split('.').map(Number), port >> 8, port & 255]);
}

/** `count` nodes that do not exist, on loopback and in forbidden ranges. */
export function bogusNodes(count: number, random: Random): Uint8Array {
  const hosts = ['0.1.2.3', '224.0.0.1', '255.255.255.255', '192.0.2.1', '240.1.1.1'];
  const nodes: Uint8Array[] = [];
  for (let index = 0; index < count; index++) {
    const local = `127.${128 + random.below(100)}.${random.below(256)}.${1 + random.below(254)}`;
    const host = index % 3 === 0 ? hosts[random.below(hosts.length)]! : local;
    nodes.push(compactNode(random.bytes(20), { host, port: random.below(10) === 0 ? 0 : 1024 + random.below(60_000) }));
  }
  return Buffer.concat(nodes);
}

const corpusFolder = new URL('../fuzz/corpus/', import.meta.url);
export const corpus: readonly Uint8Array[] = readdirSync(corpusFolder).map((name) => {
  const text = readFileSync(new URL(name, corpusFolder), 'utf8');
  return Buffer.from(text.replaceAll(/^#.*$/gm, '').replaceAll(/\s/g, ''), 'hex');
});

/** protocol.md 4.1, row by row, as answers to the query with the transaction id `t`. */
export function malformedReplies(t: Uint8Array, id: Uint8Array, random: Random): Uint8Array[] {
  const tail = Buffer.concat([Buffer.from('1:t4:'), t, Buffer.from('1:y1:re')]);
  const raw = (body: string): Uint8Array => Buffer.concat([Buffer.from(body, 'latin1'), tail]);
  const idText = Buffer.from(id).toString('latin1');
  const within = (fields: string): Uint8Array => raw(`d1:rd2:id20:${idText}${fields}e`);
  const reply = (fields: Record<string, Bencodable>): Uint8Array => replyBytes(t, { id, ...fields });
  const mutated = Array.from({ length: 20 }, () =>
    mutate(
      validMessages.map(([, bytes]) => bytes),
      random,
    ),
  );
  return [
    ...corpus,
    ...mutated,
    new Uint8Array(0),
    Buffer.from('d1:t'),
    Buffer.from('x'.repeat(40)),
    raw(`d1:r${'l'.repeat(700)}`),
    raw(`d1:rl${'i1e'.repeat(600)}e`),
    raw('d1:r99999999:'),
    raw('d1:r10000000000000000000:'),
    raw('d1:rd2:id-1:x'),
    within('8:intervali-0e3:numi03e'),
    within('8:intervali--1e'),
    within('8:intervalie'),
    within('i5ei6e'),
    within('5:nodes'),
    raw('d1:rle'),
    raw('d1:rd2:idi5ee'),
    raw('d1:rd2:id3:abce'),
    raw(`d1:rd2:id20:${idText}9:__proto__d8:toString1:xe11:constructor1:ye`),
    Buffer.concat([within('').subarray(0, 30)]),
    Buffer.concat([reply({}), Buffer.alloc(3000)]),
    Buffer.alloc(9000, 'd'),
    reply({ nodes: random.bytes(27), nodes6: random.bytes(37) }),
    reply({ nodes: [random.bytes(26)], values: 'no list' }),
    reply({ values: [random.bytes(5), '', random.bytes(7), [[]]] }),
    reply({ samples: random.bytes(39), interval: 5, num: 1 }),
    reply({ samples: new Uint8Array(400), interval: -77, num: -1 }),
    reply({ samples: random.bytes(2000), interval: 1, num: 1 }),
  ];
}
