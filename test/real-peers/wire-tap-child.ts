// Loaded into the headless command before everything else (`node --import`), in each of its threads: writes down every
// datagram and every dial of the unchanged product, whichever socket it uses, so that a test counts packets and takes nobody's
// word for them.
// One line each: milliseconds, `in`, `out` or `dial`, contact, and the datagram in hex.
import dgram from 'node:dgram';
import { openSync, writeSync } from 'node:fs';
import net from 'node:net';
import {
  CONTACT_AT,
  IN_SLOT_BYTES,
  LETTER_BYTES,
  OUT_SLOT_BYTES,
  type NativeBinding,
  type NativeHandle,
} from '../../main/dht/udp/native-binding.ts';
import { readContact4, readContact6 } from '../../main/wire/compact-contacts.ts';

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

// The compiled socket, as it is loaded: what left is what its `send` says has left, what came is what it calls us with.
type Library = Omit<NodeJS.Module, 'exports'> & { exports: Partial<NativeBinding> };
const { dlopen } = process;
process.dlopen = (library: object, ...args: [string, number?]) => {
  (dlopen as (library: object, ...args: unknown[]) => void).call(process, library, ...args);
  const loaded = library as Library;
  if (loaded.exports.receiveBuffer !== undefined) loaded.exports = tapped(loaded.exports as NativeBinding);
};

function tapped(binding: NativeBinding): NativeBinding {
  const outgoing = new Map<NativeHandle, (first: number, count: number) => void>();
  return {
    port: (handle) => binding.port(handle),
    receiveBuffer: (handle, wantedBytes) => binding.receiveBuffer(handle, wantedBytes),
    close: (handle) => binding.close(handle),
    open: (isV6, own, inSlab, inLetters, outSlab, outLetters, beatMs, onEvent) => {
      const hear = (event: number): void => {
        noteSlots('in', isV6, inSlab, inLetters, 0, event);
        onEvent(event);
      };
      const handle = binding.open(isV6, own, inSlab, inLetters, outSlab, outLetters, beatMs, hear);
      if (typeof handle !== 'number')
        outgoing.set(handle, (first, count) => noteSlots('out', isV6, outSlab, outLetters, first, count));
      return handle;
    },
    send: (handle, first, count) => {
      const sent = binding.send(handle, first, count);
      outgoing.get(handle)?.(first, sent);
      return sent;
    },
  };
}

function noteSlots(
  kind: 'in' | 'out',
  isV6: boolean,
  slab: Uint8Array,
  letters: Uint8Array,
  first: number,
  count: number,
): void {
  const words = new Uint32Array(letters.buffer);
  const slotBytes = kind === 'in' ? IN_SLOT_BYTES : OUT_SLOT_BYTES;
  for (let slot = first; slot < first + count; slot++) {
    const at = slot * LETTER_BYTES;
    const { host, port } = (isV6 ? readContact6 : readContact4)(letters, at + CONTACT_AT);
    note(kind, `${host}:${port}`, slab.subarray(slot * slotBytes, slot * slotBytes + words[at / 4]!));
  }
}

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
