// Throws damaged datagrams at a whole production node, straight into what its socket would call, and checks after each one
// what must hold for any bytes at all: no throw, no answer to what is no query, nothing amplified. What the node asks of
// others is answered too, in damaged form under the right transaction id, so that replies are not stopped at the door.
import { toHex } from '../../main/base/bytes.ts';
import type { Contact } from '../../main/base/contact.ts';
import { silentLog } from '../../main/base/log.ts';
import { createSeededRandom, type Random } from '../../main/base/random.ts';
import { DhtNode } from '../../main/dht/dht-node.ts';
import { Counters } from '../../main/stats/counters.ts';
import { decodeKrpc, KrpcMessage } from '../../main/wire/krpc-codec.ts';
import { hostAt } from '../dht/table-fixtures.ts';
import { queryBytes, replyBytes, TARGET } from '../dht/wire-fixtures.ts';
import { validMessages } from '../fixtures/bep-examples.ts';
import { malformedDatagrams } from '../fixtures/malformed-datagrams.ts';
import { SimulatedClock } from '../simulation/simulated-clock.ts';
import { AMPLE_RATES, SIMULATED_PORT } from '../simulation/simulated-nodes.ts';
import { mutate } from './mutate.ts';

const SELF: Contact = { host: '99.1.2.3', port: SIMULATED_PORT };
const STRANGERS = 400;
const ERA = 25_000;
/** Questions of the node that wait for a forged answer. */
const OPEN_QUESTIONS_MAX = 64;
/** protocol.md 4.1: an answer has at most three times the bytes of its query, or this, whichever is more. */
const ANSWER_BYTES = 512;
const AMPLIFICATION = 3;
/** The issue: any reply of ours. */
const REPLY_BYTES_MAX = 1_400;
/** What the global quota lets out (protocol.md 4.1): the burst and the rate. */
const QUOTA_BURST_BYTES = 24_000;
const QUOTA_BYTES_PER_SECOND = 8_000;
const CHECK_EVERY = 5_000;

export interface FuzzReport {
  readonly datagrams: number;
  readonly bytesIn: number;
  readonly answers: number;
  readonly answerBytes: number;
  /** Answers above three times their query and above 512 bytes. */
  readonly largeAnswers: number;
  readonly forgedReplies: number;
  readonly counters: Counters;
}

/** Throws, with seed and datagram, at the first thing that must not be. */
export async function fuzzNode(seed: number, datagramCount: number): Promise<FuzzReport> {
  const fuzzer = new NodeFuzzer(seed);
  await fuzzer.start();
  return fuzzer.run(datagramCount);
}

class NodeFuzzer {
  readonly #seed: number;
  readonly #random: Random;
  readonly #clock = new SimulatedClock();
  readonly #counters = new Counters();
  readonly #node: DhtNode;
  readonly #incoming = new KrpcMessage();
  readonly #outgoing = new KrpcMessage();
  readonly #seeds: readonly Uint8Array[];
  /** As the system's: what came before lies behind what came last. */
  readonly #buffer = Buffer.alloc(8_192);
  readonly #questions: { readonly to: Contact; readonly transactionId: Uint8Array }[] = [];
  #onDatagram: (bytes: Uint8Array, from: Contact) => void = () => undefined;
  #datagram: { readonly bytes: Uint8Array; readonly from: Contact } | null = null;
  #answersToThis = 0;
  /** Who changes his id is banned for half a day: others take over from time to time. */
  #era = 0;
  #bytesIn = 0;
  #answers = 0;
  #answerBytes = 0;
  #largeAnswers = 0;
  #forgedReplies = 0;

  constructor(seed: number) {
    this.#seed = seed;
    this.#random = createSeededRandom(seed);
    this.#node = new DhtNode(
      {
        clock: this.#clock,
        random: createSeededRandom(seed + 1),
        log: silentLog,
        counters: this.#counters,
        openSocket: ({ onDatagram }) => {
          this.#onDatagram = onDatagram;
          return Promise.resolve({
            localPort: SELF.port,
            send: (bytes, to, byteCount = bytes.length) => this.#onSent(bytes.slice(0, byteCount), to),
            close: () => Promise.resolve(),
          });
        },
        resolveHost: () => Promise.reject(new Error('no names here')),
      },
      {
        bindHost: SELF.host,
        port: SELF.port,
        bootstrap: [{ host: hostAt(1), port: SIMULATED_PORT, isOrdinary: true }],
        isServing: true,
        localAddressesAllowed: false,
        nodeId: null,
        sendRates: AMPLE_RATES,
      },
    );
    const node4 = (index: number) => [...this.#random.bytes(20), 11, 0, index, 1, 0x1a, 0xe1];
    const id = this.#random.bytes(20);
    const nodes = Uint8Array.from(Array.from({ length: 8 }, (_, index) => node4(index)).flat());
    this.#seeds = [
      queryBytes('ping'),
      queryBytes('find_node', { target: TARGET, want: ['n4', 'n6'] }),
      queryBytes('get_peers', { info_hash: TARGET, scrape: 1, noseed: 1 }),
      queryBytes('get_peers', { info_hash: this.#random.bytes(20) }),
      queryBytes('announce_peer', { info_hash: TARGET, token: '12345678', port: 6881, implied_port: 1 }),
      queryBytes('sample_infohashes', { target: TARGET }, { ro: 1 }),
      queryBytes('vote', { target: TARGET }),
      queryBytes('get', { target: TARGET }),
      replyBytes(Uint8Array.of(1, 2, 3, 4), { id, nodes, token: 'abcd', values: [new Uint8Array(6).fill(9)] }),
      replyBytes(Uint8Array.of(1, 2, 3, 4), { id, nodes, samples: this.#random.bytes(400), num: 70, interval: 9 }),
      ...validMessages.map(([, bytes]) => bytes),
    ];
  }

  async start(): Promise<void> {
    await this.#node.start();
    // So that samples and values have something to carry.
    for (let index = 0; index < 60; index++) {
      const infohash = index === 0 ? TARGET : this.#random.bytes(20);
      for (let peer = 0; peer < 30; peer++) this.#node.peerStore.add(infohash, { host: hostAt(peer), port: 4_000 });
    }
  }

  run(datagramCount: number): FuzzReport {
    const startedAtMs = this.#clock.nowMs();
    for (let index = 1; index <= datagramCount; index++) {
      const { bytes, from } = this.#next();
      this.#receive(bytes, from);
      this.#era = Math.floor(index / ERA);
      if (index % 8 === 0) this.#during(() => this.#ask());
      // 1,000 datagrams a second: ten times what is answered.
      if (index % 20 === 0) this.#during(() => this.#clock.advance(20));
      if (index % CHECK_EVERY === 0) this.#during(() => this.#node.checkInvariants());
    }
    this.#during(() => this.#clock.advance(10_000));
    const passedSeconds = (this.#clock.nowMs() - startedAtMs) / 1000;
    if (this.#answerBytes > QUOTA_BURST_BYTES + passedSeconds * QUOTA_BYTES_PER_SECOND)
      throw new Error(`SEED=${this.#seed}: ${this.#answerBytes} bytes of answers in ${passedSeconds} s`);
    return {
      datagrams: datagramCount,
      bytesIn: this.#bytesIn,
      answers: this.#answers,
      answerBytes: this.#answerBytes,
      largeAnswers: this.#largeAnswers,
      forgedReplies: this.#forgedReplies,
      counters: this.#counters,
    };
  }

  #next(): { bytes: Uint8Array; from: Contact } {
    const random = this.#random;
    const question = random.below(3) === 0 ? this.#questions[random.below(16)] : undefined;
    if (question !== undefined) return { bytes: this.#forge(question.transactionId), from: question.to };
    const from = { host: this.#someHost(), port: random.below(4) === 0 ? random.below(65_536) : 6881 };
    if (random.below(40) === 0) return { bytes: random.bytes(random.below(1_500)), from };
    if (random.below(20) === 0) return { bytes: malformedDatagrams[random.below(malformedDatagrams.length)]![1], from };
    if (random.below(4) === 0) return { bytes: this.#seeds[random.below(this.#seeds.length)]!, from };
    return { bytes: mutate(this.#seeds, random).subarray(0, 4_200), from };
  }

  /** As the scraper would: so that there are questions to answer. */
  #ask(): void {
    const random = this.#random;
    const contact = { host: this.#someHost(), port: SIMULATED_PORT };
    const target = random.bytes(20);
    const queries = [
      { method: 'sample_infohashes', target },
      { method: 'get_peers', infohash: target },
      { method: 'find_node', target },
      { method: 'ping' },
    ] as const;
    this.#node.query(contact, queries[random.below(queries.length)]!, (outcome) => {
      if (outcome.kind !== 'reply') return;
      const { nodes, values, samples } = outcome.reply;
      if (nodes.length > 64 || values.length > 200 || (samples?.length ?? 0) > 51)
        throw new Error('an unbounded reply');
    });
  }

  #someHost(): string {
    return hostAt((this.#era * STRANGERS + this.#random.below(STRANGERS)) % 60_000);
  }

  /** A damaged reply or error under the transaction id of a question that the node has really asked. */
  #forge(transactionId: Uint8Array): Uint8Array {
    const random = this.#random;
    const whole = this.#seeds[8 + random.below(this.#seeds.length - 8)]!;
    let bytes: Uint8Array =
      random.below(3) === 0 ? whole.slice() : Uint8Array.from(mutate([whole], random).subarray(0, 4_200));
    const at = Buffer.from(bytes).indexOf('1:t4:');
    if (at !== -1 && at + 9 <= bytes.length) bytes.set(transactionId, at + 5);
    else {
      const short = Buffer.from(bytes).indexOf('1:t2:aa');
      if (short === -1) return bytes;
      bytes = Buffer.concat([bytes.subarray(0, short), Buffer.from('1:t4:'), transactionId, bytes.subarray(short + 7)]);
    }
    this.#forgedReplies++;
    return bytes;
  }

  #receive(bytes: Uint8Array, from: Contact): void {
    this.#bytesIn += bytes.length;
    this.#buffer.set(bytes, 16);
    this.#datagram = { bytes, from };
    this.#answersToThis = 0;
    this.#during(() => this.#onDatagram(this.#buffer.subarray(16, 16 + bytes.length), from));
    this.#datagram = null;
  }

  #onSent(bytes: Uint8Array, to: Contact): void {
    const malformed = decodeKrpc(bytes, this.#outgoing);
    if (malformed !== null) throw new Error(`the node sent what it would not read: ${malformed}`);
    if (this.#outgoing.kind === 'query') {
      const { transactionIdStart: start } = this.#outgoing;
      this.#questions.unshift({ to, transactionId: bytes.slice(start, start + 4) });
      this.#questions.length = Math.min(this.#questions.length, OPEN_QUESTIONS_MAX);
      return;
    }
    this.#judgeAnswer(bytes, to);
  }

  #judgeAnswer(bytes: Uint8Array, to: Contact): void {
    if (this.#datagram === null) throw new Error('an answer to nothing');
    const { bytes: asked, from } = this.#datagram;
    if (decodeKrpc(asked, this.#incoming) !== null) throw new Error('an answer to what cannot be read');
    if (this.#incoming.kind !== 'query') throw new Error(`an answer to a ${this.#incoming.kind}`);
    if (to.host !== from.host || to.port !== from.port) throw new Error('an answer to somebody else');
    if (++this.#answersToThis > 1) throw new Error('two answers to one query');
    if (bytes.length > REPLY_BYTES_MAX) throw new Error(`an answer of ${bytes.length} bytes`);
    this.#answers++;
    this.#answerBytes += bytes.length;
    if (bytes.length > Math.max(AMPLIFICATION * asked.length, ANSWER_BYTES)) this.#largeAnswers++;
  }

  #during(act: () => void): void {
    try {
      act();
    } catch (error) {
      const { bytes, from } = this.#datagram ?? { bytes: new Uint8Array(0), from: SELF };
      const place = `SEED=${this.#seed} ${toHex(bytes)} from ${from.host}:${from.port}`;
      throw new Error(`${place}: ${String(error)}`, { cause: error });
    }
  }
}
