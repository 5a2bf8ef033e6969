import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EXTENDED_MESSAGE_BYTES_MAX, MessageStream, OTHER_MESSAGE_BYTES_MAX } from '../../main/wire/message-stream.ts';
import {
  encodeExtensionHandshake,
  encodeHandshake,
  encodeMetadataRequest,
  HANDSHAKE_BYTES,
  parseExtensionHandshake,
  parseHandshake,
  parseMetadataMessage,
} from '../../main/wire/peer-wire.ts';

const ascii = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'));
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const INFOHASH = Uint8Array.from({ length: 20 }, (_, index) => index);
const PEER_ID = ascii('-XX0001-abcdefghijkl');

describe('published vectors', () => {
  it('handshake', () => {
    const bytes = encodeHandshake(INFOHASH, PEER_ID);
    expect(hex(bytes)).toBe('13426974546f7272656e742070726f746f636f6c0000000000100000' + hex(INFOHASH) + hex(PEER_ID));
    expect(parseHandshake(bytes)).toEqual({ infohash: INFOHASH, peerId: PEER_ID, hasExtensions: true });
  });

  it('extension handshake', () => {
    expect(hex(encodeExtensionHandshake())).toBe('0000001a1400' + hex(ascii('d1:md11:ut_metadatai1eee')));
  });

  it('request of piece 0 with the id 3 of the peer', () => {
    expect(hex(encodeMetadataRequest(3, 0))).toBe('0000001b1403' + hex(ascii('d8:msg_typei0e5:piecei0ee')));
  });

  it('data message', () => {
    const block = Buffer.alloc(75, 7);
    const payload = Buffer.concat([ascii('d8:msg_typei1e5:piecei0e10:total_sizei75ee'), block]);
    expect(parseMetadataMessage(payload)).toMatchObject({ kind: 'data', piece: 0, totalSizeBytes: 75 });
    expect(hex(parseMetadataMessage(payload)!.block)).toBe(hex(block));
  });
});

describe('parseHandshake', () => {
  it('refuses another protocol and too few bytes', () => {
    const bytes = encodeHandshake(INFOHASH, PEER_ID);
    expect(parseHandshake(bytes.subarray(0, HANDSHAKE_BYTES - 1))).toBeNull();
    bytes[1] = 0x62;
    expect(parseHandshake(bytes)).toBeNull();
  });

  it('sees a peer without the extension protocol', () => {
    const bytes = encodeHandshake(INFOHASH, PEER_ID);
    bytes[25] = 0;
    expect(parseHandshake(bytes)?.hasExtensions).toBe(false);
  });
});

describe('parseExtensionHandshake', () => {
  it.each<[string, number | null, number | null]>([
    ['d1:md11:ut_metadatai3e6:ut_pexi1ee13:metadata_sizei31235e1:v4:teste', 3, 31235],
    ['d1:md11:ut_metadatai0ee13:metadata_sizei1ee', 0, 1],
    ['d1:md11:ut_metadatai256ee13:metadata_sizei1ee', 0, 1],
    ['d1:md11:ut_metadatai-1ee13:metadata_sizei-5ee', 0, -5],
    ['d1:md11:ut_metadata1:3ee', 0, null],
    ['d1:md11:ut_metadatali3eeee', 0, null],
    ['d1:md6:ut_pexi1eee', null, null],
    ['d1:mli1eee', null, null],
    ['d1:mi1e13:metadata_sizei9ee', null, 9],
    ['d13:metadata_size2:12e', null, null],
    ['d13:metadata_sizei99999999999999999999ee', null, null],
    ['de', null, null],
  ])('%s', (payload, metadataId, metadataSizeBytes) => {
    expect(parseExtensionHandshake(ascii(payload))).toEqual({ metadataId, metadataSizeBytes });
  });

  it.each(['', 'le', 'i1e', 'd1:m', 'd1:md11:ut_metadatai3e', 'di1ei2ee', 'd1:mdi1ei2eee', 'x'])(
    'refuses %j',
    (payload) => {
      expect(parseExtensionHandshake(ascii(payload))).toBeNull();
    },
  );
});

describe('parseMetadataMessage', () => {
  it.each<[string, string, number, number]>([
    ['d8:msg_typei0e5:piecei4ee', 'request', 4, -1],
    ['d8:msg_typei2e5:piecei4ee', 'reject', 4, -1],
    ['d8:msg_typei9e5:piecei4ee', 'unknown', 4, -1],
    ['d8:msg_type1:15:piecei4ee', 'unknown', 4, -1],
    ['d8:msg_typei1e5:piece1:410:total_sizei9ee', 'data', -1, 9],
    ['d8:msg_typei1e5:pieceli0eee', 'data', -1, -1],
    ['de', 'unknown', -1, -1],
  ])('%s', (payload, kind, piece, totalSizeBytes) => {
    expect(parseMetadataMessage(ascii(payload))).toMatchObject({ kind, piece, totalSizeBytes });
  });

  it('finds the end of the dictionary by reading it, whatever the block looks like', () => {
    const message = parseMetadataMessage(ascii('d8:msg_typei1e5:piecei0e10:total_sizei6eeeeeeee'));
    expect(hex(message!.block)).toBe(hex(ascii('eeeeee')));
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        parseMetadataMessage(bytes);
        parseExtensionHandshake(bytes);
        parseHandshake(bytes);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('MessageStream', () => {
  const frame = (id: number, payload: Uint8Array): Buffer => {
    const head = Buffer.alloc(5);
    head.writeUInt32BE(payload.length + 1);
    head[4] = id;
    return Buffer.concat([head, payload]);
  };
  const read = (chunks: readonly Uint8Array[]) => {
    const seen: string[] = [];
    const stream = new MessageStream((id, payload) => {
      seen.push(`${id}:${hex(payload)}`);
      return true;
    });
    let problem = null;
    for (const chunk of chunks) problem ??= stream.push(chunk);
    return { seen, problem, messageCount: stream.messageCount };
  };

  it('hands out extension messages and skips the rest, however the bytes are cut', () => {
    const bytes = Buffer.concat([
      Buffer.alloc(4), // keep-alive
      frame(5, Buffer.alloc(3000, 255)), // bitfield
      frame(20, ascii('\x00de')),
      frame(9, ascii('\x1a\xe1')), // port
      frame(20, ascii('\x01d8:msg_typei1ee').subarray(0)),
      frame(20, new Uint8Array(0)), // no extension id at all
      frame(1, new Uint8Array(0)),
      frame(20, ascii('\x07')),
    ]);
    const expected = ['0:6465', `1:${hex(ascii('d8:msg_typei1ee'))}`, '7:'];
    expect(read([bytes])).toEqual({ seen: expected, problem: null, messageCount: 8 });
    expect(read(Array.from(bytes, (byte) => Uint8Array.of(byte))).seen).toEqual(expected);
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length), { maxLength: 12 }), (cuts) => {
        const ends = [...cuts, bytes.length].sort((a, b) => a - b);
        let start = 0;
        const chunks = ends.map((end) => bytes.subarray(start, (start = end)));
        expect(read(chunks).seen).toEqual(expected);
      }),
    );
  });

  it('ends at an extension message above 17 KiB', () => {
    expect(read([frame(20, Buffer.alloc(EXTENDED_MESSAGE_BYTES_MAX - 1))]).problem).toBeNull();
    expect(read([frame(20, Buffer.alloc(EXTENDED_MESSAGE_BYTES_MAX))]).problem).toBe('extended-message-too-long');
  });

  it('ends at another message above 256 KiB as soon as its length is known', () => {
    expect(read([frame(5, Buffer.alloc(OTHER_MESSAGE_BYTES_MAX - 1))]).problem).toBeNull();
    expect(read([frame(5, Buffer.alloc(OTHER_MESSAGE_BYTES_MAX)).subarray(0, 5)]).problem).toBe('message-too-long');
    expect(read([Buffer.from('ffffffff05', 'hex')]).problem).toBe('message-too-long');
  });

  it('stops when the handler says so', () => {
    let count = 0;
    const stream = new MessageStream(() => ++count < 1);
    expect(stream.push(Buffer.concat([frame(20, ascii('\x01')), frame(20, ascii('\x01'))]))).toBeNull();
    expect(count).toBe(1);
  });

  it('never throws and never holds more than one message', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 20 }), (chunks) => {
        read(chunks);
      }),
      { numRuns: 2000 },
    );
  });
});
