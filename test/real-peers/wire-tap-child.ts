// Loaded into the headless command before everything else (`node --import`), in each of its threads: writes down every
// datagram and every dial of the unchanged product, so that a test counts packets and takes nobody's word for them.
// One line each: milliseconds, `in`, `out` or `dial`, contact, and the datagram in hex.
import dgram from 'node:dgram';
import { openSync, writeSync } from 'node:fs';
import net from 'node:net';

// Appending writes of one line each do not mix, whichever thread they come from.
const file = openSync(process.env['LANTERNFISH_WIRE_TAP']!, 'a');

function note(kind: 'in' | 'out' | 'dial', contact: string, bytes: Uint8Array = new Uint8Array(0)): void {
  writeSync(file, `${Date.now()} ${kind} ${contact} ${Buffer.from(bytes).toString('hex')}\n`);
}

type Send = (this: dgram.Socket, ...args: unknown[]) => void;
const datagrams = dgram.Socket.prototype as unknown as { send: Send; emit: (...args: unknown[]) => boolean };
const { send, emit } = datagrams;
datagrams.send = function (this: dgram.Socket, ...args) {
  // send(bytes, offset, length, port, address) or send(bytes, port, address)
  const bytes = args[0] as Uint8Array;
  const [offset, length, port, host] =
    typeof args[3] === 'number' ? args.slice(1, 5) : [0, bytes.length, args[1], args[2]];
  note('out', `${String(host)}:${String(port)}`, bytes.subarray(Number(offset), Number(offset) + Number(length)));
  send.apply(this, args);
};
datagrams.emit = function (this: dgram.Socket, ...args) {
  if (args[0] === 'message') {
    const { address, port } = args[2] as dgram.RemoteInfo;
    note('in', `${address}:${port}`, args[1] as Uint8Array);
  }
  return emit.apply(this, args);
};

type Connect = (this: net.Socket, ...args: unknown[]) => net.Socket;
const connections = net.Socket.prototype as unknown as { connect: Connect };
const { connect } = connections;
connections.connect = function (this: net.Socket, ...args) {
  // net.connect() hands over its arguments as one list.
  const first: unknown = Array.isArray(args[0]) ? args[0][0] : args[0];
  const { host, port } = first as { host?: string; port?: number };
  note('dial', `${host ?? 'localhost'}:${port ?? 0}`);
  return connect.apply(this, args);
};
