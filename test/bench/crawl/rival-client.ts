// What the rival strategies speak through: our codec and our send budget, so that all sides pay the same for a packet and
// keep the same pace; transactions and time-outs are their own. Packets wait in line for the budget, first come first served.
import type { Contact } from '../../../main/base/contact.ts';
import { asNodeId } from '../../../main/base/identifier.ts';
import type { Random } from '../../../main/base/random.ts';
import type { NodeQuery } from '../../../main/dht/dht-node.ts';
import { SendBudget, type SendRates } from '../../../main/dht/rate-limits.ts';
import type { DatagramSocket } from '../../../main/dht/udp-socket.ts';
import {
  decodeKrpc,
  encodeQuery,
  KrpcMessage,
  QUERY_BYTES_MAX,
  toReply,
  type KrpcReply,
} from '../../../main/wire/krpc-codec.ts';
import { CLIENT_HOST, type CrawlNetwork } from '../../simulation/crawl/crawl-network.ts';
import type { SimulatedClock } from '../../simulation/simulated-clock.ts';

interface Waiting {
  readonly to: Contact;
  readonly query: NodeQuery;
  readonly onEnd: (reply: KrpcReply | null) => void;
}

interface Pending {
  readonly host: string;
  readonly onEnd: (reply: KrpcReply | null) => void;
}

/** Of the head of the line so many are looked at: who waits for a new address does not hold up those who need none. */
const LOOKED_AT_MAX = 256;
/** Whose address was just asked steps aside for so long. */
const STEPS_ASIDE_MS = 500;

export class RivalClient {
  readonly #clock: SimulatedClock;
  readonly #timeoutMs: number;
  readonly #budget: SendBudget;
  readonly #id: ReturnType<typeof asNodeId>;
  readonly #socket: DatagramSocket;
  readonly #line: Waiting[] = [];
  readonly #pending = new Map<number, Pending>();
  readonly #message = new KrpcMessage();
  readonly #buffer = new Uint8Array(QUERY_BYTES_MAX);
  #next = 1;

  private constructor(clock: SimulatedClock, random: Random, options: RivalOptions, socket: DatagramSocket) {
    this.#clock = clock;
    this.#timeoutMs = options.timeoutMs;
    this.#budget = new SendBudget(options.rates, clock.nowMs());
    this.#id = asNodeId(random.bytes(20));
    this.#socket = socket;
  }

  static async open(
    network: CrawlNetwork,
    clock: SimulatedClock,
    random: Random,
    options: RivalOptions,
  ): Promise<RivalClient> {
    let client: RivalClient | null = null;
    const socket = await network.openSocket({
      bindHost: CLIENT_HOST,
      port: 0,
      onDatagram: (bytes, from) => client?.hear(bytes, from),
      onError: () => undefined,
    });
    client = new RivalClient(clock, random, options, socket);
    return client;
  }

  /** Waits in line for the budget; `onEnd` gets the reply, or null for an error or silence. */
  ask(to: Contact, query: NodeQuery, onEnd: (reply: KrpcReply | null) => void): void {
    this.#line.push({ to, query, onEnd });
  }

  /** Sends what the budget allows. */
  pump(): void {
    const nowMs = this.#clock.nowMs();
    for (let index = 0; index < Math.min(this.#line.length, LOOKED_AT_MAX);) {
      const verdict = this.#budget.canSend(this.#line[index]!.to, nowMs);
      if (verdict === 'no-budget') {
        index++;
        continue;
      }
      const waiting = this.#line.splice(index, 1)[0]!;
      if (verdict === 'yes') this.#send(waiting, nowMs);
      else this.#clock.setTimer(STEPS_ASIDE_MS, () => this.#line.unshift(waiting));
    }
  }

  hear(bytes: Uint8Array, from: Contact): void {
    const message = this.#message;
    if (decodeKrpc(bytes, message) !== null || message.kind === 'query') return;
    const at = message.transactionIdStart;
    const transaction = ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
    const pending = this.#pending.get(transaction);
    if (pending === undefined || pending.host !== from.host) return;
    this.#pending.delete(transaction);
    pending.onEnd(message.kind === 'response' ? toReply(message) : null);
  }

  #send({ to, query, onEnd }: Waiting, nowMs: number): void {
    this.#budget.spend(to, nowMs);
    const transaction = this.#next++;
    const transactionId = Uint8Array.of(transaction >>> 24, transaction >>> 16, transaction >>> 8, transaction);
    const length = encodeQuery(this.#buffer, { transactionId, id: this.#id, isReadOnly: true, ...query });
    this.#pending.set(transaction, { host: to.host, onEnd });
    this.#socket.send(this.#buffer, to, length);
    this.#clock.setTimer(this.#timeoutMs, () => {
      if (this.#pending.delete(transaction)) onEnd(null);
    });
  }
}

export interface RivalOptions {
  readonly rates: SendRates;
  readonly timeoutMs: number;
}
