// What a reply to one of our own queries teaches: that its sender lives and who it is, whom it knows, and what our
// address looks like from outside (BEP 42), which may mean a new id for us.
import type { Clock } from '../base/clock.ts';
import { bytesEqual } from '../base/bytes.ts';
import type { Contact, NodeContact } from '../base/contact.ts';
import type { NodeId } from '../base/identifier.ts';
import type { Log } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import type { Counters } from '../stats/counters.ts';
import { PEER6_BYTES } from '../wire/compact-contacts.ts';
import { readExternalContact, readNodeId, type KrpcMessage } from '../wire/krpc-codec.ts';
import type { Answer } from './answer.ts';
import type { ContactSieve } from './contact-sieve.ts';
import { ExternalAddress, ID_CHANGE_INTERVAL_MS } from './external-address.ts';
import { isSecureNodeId, secureNodeId } from './node-id.ts';
import type { RoutingTable } from './routing-table.ts';
import type { Transaction } from './transactions.ts';

export interface LearnerParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly counters: Counters;
  readonly table: RoutingTable;
  readonly sieve: ContactSieve;
  /** Where the answer that is heard is read into. */
  readonly answer: Answer;
  /** Before whoever asked hears of it. */
  readonly onAnswer: (answer: Answer, from: NodeContact) => void;
  /** Our address calls for this id (BEP 42). */
  readonly onIdWanted: (id: NodeId) => void;
}

export class Learner {
  readonly #parts: LearnerParts;
  readonly #externalAddress = new ExternalAddress();
  #idWantedAtMs = -Infinity;
  /** What was named last, and its bytes. */
  #external: Contact | null = null;
  #externalLength = 0;
  readonly #externalBytes = new Uint8Array(PEER6_BYTES);

  constructor(parts: LearnerParts) {
    this.#parts = parts;
  }

  /** Makes `message` the answer that is heard and returns its sender, or null if that is nobody who could have answered. */
  learn(message: KrpcMessage, { contact, method }: Transaction, roundTripMs: number): NodeContact | null {
    const { table, sieve, counters, answer, onAnswer } = this.#parts;
    const id = readNodeId(message, message.idStart);
    if (bytesEqual(id, table.selfId)) {
      counters.dropped.count('own-id'); // a reflector
      return null;
    }
    const sender = { id, contact };
    if (!sieve.isRouter(contact)) {
      if (table.isSomebodyElse(sender)) {
        // Not who we thought: neither the old nor the new claim enters a table on the strength of this.
        counters.dropped.count('id-changed');
        table.remove(contact);
        sieve.noteIdChange(contact.host);
      } else if (sieve.isUsable(contact)) {
        const supportsSamples = method === 'sample_infohashes' ? message.samplesStart !== -1 : undefined;
        table.insert(sender, { hasAnswered: true, roundTripMs, supportsSamples });
      }
    }
    answer.read(message);
    const external = this.#externalIn(message);
    if (external !== null) this.hearVote(external, contact.host);
    onAnswer(answer, sender);
    return sender;
  }

  /** Our address as the sender of `message` sees it. Nearly everybody names the same one: it becomes a text once. */
  #externalIn(message: KrpcMessage): Contact | null {
    const { bytes, ipStart, ipLength } = message;
    let isSame = ipStart !== -1 && ipLength === this.#externalLength;
    for (let index = 0; index < ipLength && isSame; index++)
      isSame = bytes[ipStart + index] === this.#externalBytes[index];
    if (isSame) return this.#external;
    const external = readExternalContact(message);
    if (external === null) return null;
    this.#external = external;
    this.#externalLength = ipLength;
    for (let index = 0; index < ipLength; index++) this.#externalBytes[index] = bytes[ipStart + index]!;
    return external;
  }

  /** See ExternalAddress.tally. */
  addressTally(count: number): ReturnType<ExternalAddress['tally']> {
    return this.#externalAddress.tally(count);
  }

  checkInvariants(): void {
    this.#externalAddress.checkInvariants();
  }

  /** An error tells us our address, too: who insists on BEP 42 answers so to an id that does not fit. */
  hearVote(contact: Contact, voterHost: string): void {
    const { clock, random, table, log, sieve, onIdWanted } = this.#parts;
    // What is no public address of our family says nothing about us (on a closed network local ones do).
    if (!sieve.isOfOurFamily(contact)) return;
    const agreed = this.#externalAddress.vote(contact.host, voterHost);
    if (agreed === null) return;
    if (agreed === contact.host) sieve.noteOwn(contact);
    if (isSecureNodeId(table.selfId, agreed)) return;
    if (clock.nowMs() - this.#idWantedAtMs < ID_CHANGE_INTERVAL_MS) return;
    this.#idWantedAtMs = clock.nowMs();
    this.#externalAddress.clear();
    log.info('Our address as others see it calls for another node id (BEP 42).');
    onIdWanted(secureNodeId(agreed, random));
  }
}
