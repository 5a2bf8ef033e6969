// Which datagrams are messages, and what is left out of them: protocol.md 4.1 row by row, 4.2, and the BEPs' own examples.
import { describe, expect, test } from 'vitest';
import { toKey } from '../../main/base/bytes.ts';
import { decodeKrpc, KrpcMessage } from '../../main/wire/krpc-codec.ts';
import type { KrpcOddity, MalformedReason } from '../../main/wire/krpc-codec.ts';
import { bep5, bep51, latin1, validMessages, wildPackets } from '../fixtures/bep-examples.ts';

const ID = 'abcdefghij0123456789';
const HASH = 'mnopqrstuvwxyz123456';
const TAIL = '1:t2:aa1:y1:r';

/** A response with the field `field` beside its id; keys in `field` sort after `id`. */
const reply = (fields: string) => `d1:rd2:id20:${ID}${fields}e${TAIL}e`;
const query = (method: string, fields: string) =>
  `d1:ad2:id20:${ID}${fields}e1:q${method.length}:${method}1:t2:aa1:y1:qe`;
const string = (text: string) => `${text.length}:${text}`;

function decode(text: string | Uint8Array): { reason: MalformedReason | null; message: KrpcMessage } {
  const message = new KrpcMessage();
  const reason = decodeKrpc(typeof text === 'string' ? latin1(text) : text, message);
  message.checkInvariants();
  return { reason, message };
}

function accepted(text: string | Uint8Array): KrpcMessage {
  const { reason, message } = decode(text);
  expect(reason).toBeNull();
  return message;
}

function part(message: KrpcMessage, start: number, length: number): string | null {
  return start === -1 ? null : toKey(message.bytes.subarray(start, start + length));
}

describe('the examples of BEP 5 and BEP 51', () => {
  test('ping query and reply', () => {
    const ping = accepted(bep5.pingQuery);
    expect([ping.kind, ping.method, ping.hasBadArguments]).toEqual(['query', 'ping', false]);
    expect(part(ping, ping.idStart, 20)).toBe(ID);
    expect(part(ping, ping.transactionIdStart, ping.transactionIdLength)).toBe('aa');
    const pong = accepted(bep5.pingReply);
    expect([pong.kind, pong.method]).toEqual(['response', 'unknown']);
    expect(part(pong, pong.idStart, 20)).toBe(HASH);
  });

  test('find_node, get_peers and sample_infohashes queries', () => {
    const findNode = accepted(bep5.findNodeQuery);
    expect([findNode.method, part(findNode, findNode.targetStart, 20)]).toEqual(['find_node', HASH]);
    const getPeers = accepted(bep5.getPeersQuery);
    expect([getPeers.method, part(getPeers, getPeers.infohashStart, 20)]).toEqual(['get_peers', HASH]);
    const sample = accepted(bep51.query);
    expect([sample.method, part(sample, sample.targetStart, 20)]).toEqual(['sample_infohashes', HASH]);
    for (const message of [findNode, getPeers, sample]) expect(message.hasBadArguments).toBe(false);
  });

  test('announce_peer query', () => {
    const announce = accepted(bep5.announceQuery);
    expect([announce.method, announce.port, announce.impliedPort]).toEqual(['announce_peer', 6881, true]);
    expect(part(announce, announce.tokenStart, announce.tokenLength)).toBe('aoeusnth');
    expect(part(announce, announce.infohashStart, 20)).toBe(HASH);
    expect(announce.hasBadArguments).toBe(false);
  });

  test('get_peers reply with values', () => {
    const message = accepted(bep5.valuesReply);
    expect(part(message, message.tokenStart, message.tokenLength)).toBe('aoeusnth');
    expect(part(message, message.valuesStart, message.valuesEnd - message.valuesStart)).toBe('l6:axje.u6:idhtnme');
  });

  test('error', () => {
    const message = accepted(bep5.error);
    expect([message.kind, message.errorCode]).toEqual(['error', 201]);
  });

  test('sample replies: samples are recognised even if empty, hash i is bytes [20i, 20i+20)', () => {
    const empty = accepted(bep51.emptyReply);
    expect([empty.samplesStart !== -1, empty.samplesLength, empty.intervalSeconds, empty.num]).toEqual([
      true,
      0,
      21600,
      0,
    ]);
    const withoutNum = accepted(bep51.replyWithoutNum);
    expect([withoutNum.samplesLength, withoutNum.intervalSeconds, withoutNum.num]).toEqual([0, 420, -1]);
    expect(withoutNum.oddities).toEqual(['num-missing']);
    const two = accepted(bep51.reply);
    expect([two.samplesLength, two.nodesLength, two.num, two.intervalSeconds]).toEqual([40, 26, 2, 21600]);
    for (let index = 0; index < 2; index++) {
      const at = two.samplesStart + 20 * index;
      expect([...two.bytes.subarray(at, at + 20)]).toEqual(Array.from({ length: 20 }, (_, byte) => 20 * index + byte));
    }
  });

  test('no example has anything odd about it', () => {
    for (const bytes of [...Object.values(bep5), bep51.query, bep51.emptyReply, bep51.reply]) {
      expect(accepted(bytes).oddities).toEqual([]);
    }
  });
});

describe('dropped, with the reason (protocol.md 4.1)', () => {
  const padded = (text: string) => text + '\0'.repeat(20);
  test.each<[string, string, MalformedReason]>([
    ['no bytes', '', 'too-short'],
    ['14 bytes', 'd1:ad1:t0:ee11', 'too-short'],
    ['a dictionary of `v` alone (libtorrent 1.0.1)', 'd1:v4:LT\x01\0e', 'too-short'],
    ['the same, longer', 'd1:v12:LT\x01\0LT\x01\0LT\x01\0e', 'no-transaction-id'],
    ['4097 bytes', reply(`1:x${string('x'.repeat(4097))}`).slice(0, 4097), 'too-long'],
    ['not a dictionary: a list', padded('l1:a1:be'), 'not-a-dictionary'],
    ['not a dictionary: HTTP', 'GET / HTTP/1.1\r\n\r\n', 'not-a-dictionary'],
    ['not a dictionary: uTP', `\x41\x02${'\0'.repeat(18)}`, 'not-a-dictionary'],
    ['nesting above 10', `d1:a${'l'.repeat(10)}${'e'.repeat(10)}1:t2:aa1:y1:qe`, 'too-deep'],
    ['700 x l', `d1:a${'l'.repeat(700)}`, 'too-deep'],
    ['dictionaries above 10', 'd1:a'.repeat(11), 'too-deep'],
    ['more than 500 tokens', reply(`6:valuesl${'0:'.repeat(500)}e`), 'too-many-tokens'],
    ['string length 99999999', `d1:ad2:id99999999:${ID}`, 'string-length-digits'],
    ['string length 10000000000000000000', `d1:ad2:id10000000000000000000:${ID}`, 'string-length-digits'],
    ['string length beyond the end', `d1:ad2:id21:${ID}`, 'string-past-end'],
    ['string length beyond the end, in a key', `d1:rd2:id20:${ID}e99:t`, 'string-past-end'],
    ['string length -1', reply('3:num-1:x'), 'unexpected-byte'],
    ['string length 1x', reply('3:num1x:a'), 'bad-string-length'],
    ['i--1e', reply('3:numi--1e'), 'bad-integer'],
    ['ie', reply('3:numie'), 'bad-integer'],
    ['i e', reply('3:numi e'), 'bad-integer'],
    ['i1.5e', reply('3:numi1.5e'), 'bad-integer'],
    ['a key that is a number', reply('i1e1:x'), 'key-not-a-string'],
    ['a key that is a list', reply('le1:x'), 'key-not-a-string'],
    ['a number as key of the outer dictionary', `d1:rd2:id20:${ID}ei1e1:xe`, 'key-not-a-string'],
    ['a key without a value', reply('3:num'), 'missing-value'],
    ['a key without a value in the outer dictionary', `d1:rd2:id20:${ID}e1:te`, 'missing-value'],
    ['a NUL where the message drops to nothing', `d1:rd2:id20:${ID}e1:t2:aa${'\0'.repeat(8)}`, 'key-not-a-string'],
    ['no t', `d1:rd2:id20:${ID}e1:y1:re`, 'no-transaction-id'],
    ['t a number', `d1:rd2:id20:${ID}e1:ti1e1:y1:re`, 'bad-transaction-id'],
    ['t a list', `d1:rd2:id20:${ID}e1:tl2:aae1:y1:re`, 'bad-transaction-id'],
    ['t of 33 bytes', `d1:rd2:id20:${ID}e1:t33:${'t'.repeat(33)}1:y1:re`, 'bad-transaction-id'],
    ['a query with t of 33 bytes', `d1:ad2:id20:${ID}e1:q4:ping1:t33:${'t'.repeat(33)}1:y1:qe`, 'bad-transaction-id'],
    ['no y', `d1:rd2:id20:${ID}e1:t2:aae`, 'no-kind'],
    ['y of two letters', `d1:rd2:id20:${ID}e1:t2:aa1:y2:rre`, 'bad-kind'],
    ['y empty', `d1:rd2:id20:${ID}e1:t2:aa1:y0:e`, 'bad-kind'],
    ['y a number', `d1:rd2:id20:${ID}e1:t2:aa1:yi1ee`, 'bad-kind'],
    ['y another letter', `d1:rd2:id20:${ID}e1:t2:aa1:y1:xe`, 'bad-kind'],
    ['a response without r', 'd1:t2:aa1:y1:r1:z1:ze', 'no-reply-body'],
    ['a response with a instead of r', `d1:ad2:id20:${ID}e${TAIL}e`, 'no-reply-body'],
    ['r a list', `d1:rl2:id20:${ID}e${TAIL}e`, 'no-reply-body'],
    ['r a string', `d1:r20:${ID}${TAIL}e`, 'no-reply-body'],
    ['a response without id', `d1:rd5:token2:xxe${TAIL}e`, 'bad-reply-id'],
    ['id a number', `d1:rd2:idi20ee${TAIL}e`, 'bad-reply-id'],
    ['id of 19 bytes', `d1:rd2:id19:${ID.slice(1)}e${TAIL}e`, 'bad-reply-id'],
    ['id of 21 bytes', `d1:rd2:id21:${ID}xe${TAIL}e`, 'bad-reply-id'],
    ['id a list', `d1:rd2:idl20:${ID}ee${TAIL}e`, 'bad-reply-id'],
    ['id under __proto__', `d1:rd9:__proto__d2:id20:${ID}ee${TAIL}e`, 'bad-reply-id'],
  ])('%s', (_, text, reason) => {
    expect(decode(text).reason).toBe(reason);
  });
});

describe('used, and noted as odd (protocol.md 4.1)', () => {
  const NODE = `${HASH}\xc0\x00\x02\x01\x1a\xe1`;
  test.each<[string, string, KrpcOddity[]]>([
    ['trailing bytes', `${reply('')}\0\0\0`, ['trailing-bytes']],
    ['duplicate keys', reply('3:numi1e3:numi2e'), ['duplicate-key']],
    ['duplicate keys apart', reply('3:numi1e5:token1:x3:numi2e'), ['unsorted-keys', 'duplicate-key']],
    ['duplicate unknown keys', reply('1:z1:a1:z1:b'), ['duplicate-key']],
    ['duplicate keys outside', `d1:rd2:id20:${ID}e1:t2:aa1:t2:bb1:y1:re`, ['duplicate-key']],
    ['unsorted keys', `d1:rd5:token1:x2:id20:${ID}e${TAIL}e`, ['unsorted-keys']],
    ['unsorted keys, one the start of the other', reply('6:nodes60:5:nodes0:'), ['unsorted-keys']],
    ['unsorted keys outside', `d1:y1:r1:t2:aa1:rd2:id20:${ID}ee`, ['unsorted-keys']],
    ['i03e', reply('3:numi03e'), ['leading-zeros']],
    ['i-0e', reply('3:numi-0e'), ['leading-zeros']],
    ['02:ab', reply('5:token02:ab'), ['leading-zeros']],
    ['a number above 2^53', reply('3:numi9007199254740992e'), ['bad-num']],
    ['a number of 21 digits', reply('3:numi100000000000000000000e'), ['bad-num']],
    ['num negative', reply('3:numi-1e'), ['bad-num']],
    ['num a string', reply('3:num1:5'), ['bad-num']],
    ['interval negative', reply('8:intervali-1e'), ['interval-out-of-range']],
    ['interval above 6 hours', reply('8:intervali21601e'), ['interval-out-of-range']],
    ['interval above 2^53', reply('8:intervali99999999999999999999e'), ['interval-out-of-range']],
    ['interval a string', reply('8:interval1:5'), ['wrong-type']],
    ['samples without interval and num', reply('7:samples0:'), ['interval-missing', 'num-missing']],
    ['samples not a multiple of 20', reply(`7:samples21:${HASH}x`), ['bad-samples']],
    ['samples above 1024 bytes', reply(`7:samples1040:${HASH.repeat(52)}`), ['bad-samples']],
    ['samples a list', reply(`7:samplesl20:${HASH}e`), ['bad-samples']],
    ['nodes not a multiple of 26', reply('5:nodes9:def456...'), ['bad-nodes']],
    ['nodes a list of strings', reply(`5:nodesl26:${NODE}e`), ['bad-nodes']],
    ['nodes a number', reply('5:nodesi26e'), ['bad-nodes']],
    ['nodes outside r', `d5:nodes26:${NODE}1:rd2:id20:${ID}e${TAIL}e`, ['nodes-outside-reply']],
    ['nodes6 not a multiple of 38', reply(`6:nodes626:${NODE}`), ['bad-nodes6']],
    ['values a string', reply('6:values6:axje.u'), ['bad-values']],
    ['values a dictionary', reply('6:valuesd1:a6:axje.ue'), ['bad-values']],
    ['values a number', reply('6:valuesi6e'), ['bad-values']],
    ['token a number', reply('5:tokeni1e'), ['wrong-type']],
    ['token a list', reply('5:tokenl1:xe'), ['wrong-type']],
    ['a Bloom filter of 255 bytes', reply(`4:BFsd255:${'x'.repeat(255)}`), ['unsorted-keys', 'bad-bloom']],
    ['ip of 5 bytes', `d2:ip5:abcde1:rd2:id20:${ID}e${TAIL}e`, ['bad-ip']],
    ['ip a number', `d2:ipi1e1:rd2:id20:${ID}e${TAIL}e`, ['bad-ip']],
    ['v of 5 bytes', `d1:rd2:id20:${ID}e1:t2:aa1:v5:LT\x01\x02\x031:y1:re`, ['bad-version']],
    ['v a number', `d1:rd2:id20:${ID}e1:t2:aa1:vi7e1:y1:re`, ['bad-version']],
    ['ro a string', `d1:rd2:id20:${ID}e2:ro1:11:t2:aa1:y1:re`, ['wrong-type']],
    ['both a and r', `d1:ad2:id20:${HASH}e1:rd2:id20:${ID}e${TAIL}e`, ['two-bodies']],
    ['unknown keys of every type', reply('1:j0:1:kl1:xe1:ld1:xi1ee1:mi7e'), []],
    ['__proto__ and constructor as keys', reply('9:__proto__d2:id1:xe11:constructor1:x'), ['unsorted-keys']],
    ['an empty key', `d0:0:1:rd0:0:2:id20:${ID}e${TAIL}e`, []],
  ])('%s', (_, text, oddities) => {
    const message = accepted(text);
    expect([...message.oddities].sort()).toEqual([...oddities].sort());
    expect([message.kind, part(message, message.idStart, 20)]).toEqual(['response', ID]);
  });

  test('of duplicate keys the first counts, even if it was bad', () => {
    expect(accepted(reply('3:numi1e3:numi2e')).num).toBe(1);
    expect(accepted(reply('3:num1:x3:numi2e')).num).toBe(-1);
    expect(decode(`d1:rd2:id1:x2:id20:${ID}e${TAIL}e`).reason).toBe('bad-reply-id');
    const message = accepted(`d1:rd2:id20:${ID}e1:t2:aa1:t2:bb1:y1:re`);
    expect(part(message, message.transactionIdStart, 2)).toBe('aa');
  });

  test('numbers with leading zeros keep their value; the interval is clamped', () => {
    expect(accepted(reply('3:numi03e')).num).toBe(3);
    expect(accepted(reply('8:intervali-1e')).intervalSeconds).toBe(0);
    expect(accepted(reply('8:intervali21601e')).intervalSeconds).toBe(21600);
    expect(accepted(reply('8:intervali99999999999999999999e')).intervalSeconds).toBe(21600);
    expect(accepted(reply('8:intervali-99999999999999999999e')).intervalSeconds).toBe(0);
    const token = accepted(reply('5:token02:ab'));
    expect(part(token, token.tokenStart, token.tokenLength)).toBe('ab');
  });

  test('a bad field costs itself only', () => {
    const message = accepted(reply(`5:nodes26:${NODE}3:numi-5e7:samples19:${HASH.slice(1)}5:token2:xx`));
    expect([message.nodesLength, message.num, message.samplesStart]).toEqual([26, -1, -1]);
    expect(part(message, message.tokenStart, message.tokenLength)).toBe('xx');
  });

  test('the body that `y` asks for is the one read, whichever came first', () => {
    const both = `1:ad2:id20:${HASH}6:target20:${HASH}e`;
    const response = accepted(`d${both}1:rd2:id20:${ID}e${TAIL}e`);
    expect([part(response, response.idStart, 20), response.targetStart]).toEqual([ID, -1]);
    const asked = accepted(`d1:rd2:id20:${ID}5:token1:xe${both}1:q9:find_node1:t2:aa1:y1:qe`);
    expect([part(asked, asked.idStart, 20), asked.tokenStart, asked.hasBadArguments]).toEqual([HASH, -1, false]);
    const onlyReply = accepted(`d1:q4:ping1:rd2:id20:${ID}e1:t2:aa1:y1:qe`);
    expect([onlyReply.idStart, onlyReply.hasBadArguments]).toEqual([-1, true]);
  });

  test('oddities are bounded and each is named once', () => {
    const message = accepted(reply('3:num1:x3:num1:x3:num1:x3:num1:x'));
    expect(message.oddities).toEqual(['bad-num', 'duplicate-key']);
  });
});

describe('queries', () => {
  test.each<[string, string]>([
    ['a absent', 'd1:q4:ping1:t2:aa1:y1:qe'],
    ['a a list', `d1:al2:id20:${ID}e1:q4:ping1:t2:aa1:y1:qe`],
    ['id absent', `d1:ad6:target20:${HASH}e1:q9:find_node1:t2:aa1:y1:qe`],
    ['id of 19 bytes', `d1:ad2:id19:${ID.slice(1)}e1:q4:ping1:t2:aa1:y1:qe`],
    ['find_node without target', query('find_node', '')],
    ['target of 19 bytes', query('find_node', `6:target19:${HASH.slice(1)}`)],
    ['target a number', query('sample_infohashes', '6:targeti1e')],
    ['get_peers without info_hash', query('get_peers', `6:target20:${HASH}`)],
    ['info_hash of 32 bytes', query('get_peers', `9:info_hash32:${HASH}${HASH.slice(8)}`)],
    ['announce_peer without token', query('announce_peer', `9:info_hash20:${HASH}4:porti6881e`)],
    ['announce_peer with port 0', query('announce_peer', `9:info_hash20:${HASH}4:porti0e5:token1:x`)],
    ['announce_peer with port 65536', query('announce_peer', `9:info_hash20:${HASH}4:porti65536e5:token1:x`)],
    ['announce_peer without a port', query('announce_peer', `9:info_hash20:${HASH}5:token1:x`)],
    ['no q', `d1:ad2:id20:${ID}e1:t2:aa1:y1:qe`],
    ['q a number', `d1:ad2:id20:${ID}e1:qi1e1:t2:aa1:y1:qe`],
  ])('bad arguments, usable t: %s', (_, text) => {
    const message = accepted(text);
    expect([message.kind, message.hasBadArguments]).toEqual(['query', true]);
    expect(part(message, message.transactionIdStart, message.transactionIdLength)).toBe('aa');
  });

  test('methods nobody knows keep their arguments, so that they can be answered like find_node', () => {
    const message = accepted(query('future_call', `6:target20:${HASH}`));
    expect([message.method, message.hasBadArguments, part(message, message.targetStart, 20)]).toEqual([
      'unknown',
      false,
      HASH,
    ]);
    for (const method of ['pinG', 'pin', 'pings', 'find_nodf', 'get_peer', '', 'sample_infohashez']) {
      expect(accepted(query(method, '')).method).toBe('unknown');
    }
  });

  test('announce_peer with implied_port needs no port', () => {
    const message = accepted(query('announce_peer', `12:implied_porti1e9:info_hash20:${HASH}5:token1:x`));
    expect([message.hasBadArguments, message.impliedPort, message.port]).toEqual([false, true, -1]);
    expect(accepted(bep5.announceQuery).impliedPort).toBe(true);
    const explicit = query('announce_peer', `12:implied_porti0e9:info_hash20:${HASH}4:porti1e5:token1:x`);
    expect(accepted(explicit).impliedPort).toBe(false);
  });

  test('seed and noseed (BEP 33)', () => {
    const announce = (field: string) => query('announce_peer', `9:info_hash20:${HASH}4:porti1e${field}5:token1:x`);
    expect([accepted(announce('')).isSeed, accepted(announce('4:seedi1e')).isSeed]).toEqual([false, true]);
    expect(accepted(announce('4:seedi0e')).isSeed).toBe(false);
    expect(accepted(query('get_peers', `9:info_hash20:${HASH}6:noseedi1e`))).toMatchObject({
      wantsNoSeeds: true,
      isSeed: false,
      oddities: [],
    });
  });

  test('ro, scrape, want', () => {
    const plain = accepted(bep5.getPeersQuery);
    expect([plain.isReadOnly, plain.wantsScrape, plain.wantsNodes4, plain.wantsNodes6]).toEqual([
      false,
      false,
      false,
      false,
    ]);
    const message = accepted(
      `d1:ad2:id20:${ID}9:info_hash20:${HASH}6:scrapei1e4:wantl2:n62:n84:junki4el2:n4eee1:q9:get_peers2:roi1e1:t2:aa1:y1:qe`,
    );
    expect([message.isReadOnly, message.wantsScrape, message.wantsNodes4, message.wantsNodes6]).toEqual([
      true,
      true,
      false,
      true,
    ]);
    expect(accepted(query('find_node', `6:target20:${HASH}4:wantl2:n42:n6e`))).toMatchObject({
      wantsNodes4: true,
      wantsNodes6: true,
      oddities: [],
    });
    for (const want of ['2:n4', 'i4e', 'd2:n42:n4e', 'dl2:n4ee']) {
      const { reason, message: odd } = decode(query('find_node', `6:target20:${HASH}4:want${want}`));
      if (reason === null) expect([odd.wantsNodes4, odd.oddities]).toEqual([false, ['wrong-type']]);
      else expect(want).toBe('dl2:n4ee');
    }
  });
});

describe('errors', () => {
  const error = (e: string) => `d1:e${e}1:t2:aa1:y1:ee`;
  test.each([
    ['code and text', error('li203e2:noe'), 203, []],
    ['code alone', error('li204ee'), 204, []],
    ['text first', error('l2:noi203ee'), -1, ['bad-error']],
    ['empty list', error('le'), -1, ['bad-error']],
    ['a list in the list', error('lli203eee'), -1, ['bad-error']],
    ['a string', error('5:sorry'), -1, ['bad-error']],
    ['a dictionary', error('d4:codei203ee'), -1, ['bad-error']],
    ['no e at all', 'd1:t2:aa1:y1:e1:z1:ze', -1, ['bad-error']],
    ['a code above 2^53', error('li99999999999999999999e2:noe'), -1, ['bad-error']],
  ])('%s', (_, text, code, oddities) => {
    const message = accepted(text);
    expect([message.kind, message.errorCode, message.oddities]).toEqual(['error', code, oddities]);
  });
});

describe('packets seen in the wild (protocol.md 4.2)', () => {
  test.each(Object.entries(wildPackets))('%s is accepted', (_, bytes) => {
    expect(decode(bytes).reason).toBeNull();
  });

  test('and taken for what they are', () => {
    const expectations: [keyof typeof wildPackets, Partial<KrpcMessage>][] = [
      ['placeholderNodes', { nodesStart: -1, oddities: ['bad-nodes'] }],
      ['tk00', { nodesStart: -1, ipLength: 6, oddities: ['unsorted-keys', 'nodes-outside-reply'] }],
      ['bootstrapGetPeers', { method: 'get_peers', hasBadArguments: false, oddities: [] }],
      ['nulInKey', { nodesStart: -1, oddities: [] }],
      ['transactionIdOf4', { transactionIdLength: 4 }],
      ['transactionIdOf5', { transactionIdLength: 5 }],
      ['transactionIdOf6', { transactionIdLength: 6 }],
      ['emptyTransactionId', { kind: 'response', transactionIdLength: 0 }],
      ['zeroId', { nodesLength: 26, oddities: [] }],
      [
        'emptySamples',
        { samplesLength: 0, num: 0, intervalSeconds: 21600, ipLength: 6, versionLength: 4, oddities: [] },
      ],
      ['mldhtError', { kind: 'error', errorCode: 203, oddities: [] }],
      ['errorWithReply', { kind: 'error', errorCode: 203, ipLength: 6, oddities: [] }],
    ];
    for (const [name, fields] of expectations) expect(accepted(wildPackets[name]), name).toMatchObject(fields);
    expect(accepted(wildPackets.tk00Unsorted).oddities).toContain('unsorted-keys');
  });
});

describe('one message object for all datagrams', () => {
  test('a decode leaves nothing of the one before', () => {
    const reused = new KrpcMessage();
    for (const [name, bytes] of [...validMessages, ...[...validMessages].reverse()]) {
      decodeKrpc(latin1(reply('3:num1:x5:nodes1:x4:porti0e')), reused);
      expect(decodeKrpc(bytes, reused)).toBeNull();
      expect(reused, name).toEqual(accepted(bytes));
    }
  });

  test('what lies behind the datagram in a reused buffer changes nothing', () => {
    for (const [name, bytes] of validMessages) {
      const clean = accepted(bytes);
      const buffer = Buffer.alloc(2048, 'e1:v4:JUNKi9e5:nodes0:');
      buffer.set(bytes, 64);
      const dirty = accepted(buffer.subarray(64, 64 + bytes.length));
      expect({ ...dirty, bytes: null }, name).toEqual({ ...clean, bytes: null });
    }
  });

  test('decoding makes no garbage', () => {
    const message = new KrpcMessage();
    const packets = validMessages
      .filter(([, bytes]) => accepted(bytes).oddities.length === 0)
      .map(([, bytes]) => bytes);
    const decodeAll = (times: number) => {
      for (let count = 0; count < times; count++) for (const packet of packets) decodeKrpc(packet, message);
    };
    decodeAll(5000);
    const growths = Array.from({ length: 5 }, () => {
      const before = process.memoryUsage().heapUsed;
      decodeAll(5000);
      return process.memoryUsage().heapUsed - before;
    });
    // The smallest possible object a packet would be 12 bytes; the compiler's own work shows in single rounds only.
    expect(Math.min(...growths.map(Math.abs)) / (5000 * packets.length)).toBeLessThan(4);
  });
});
