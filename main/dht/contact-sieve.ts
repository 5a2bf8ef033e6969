// Whom we may ask and hear of: not forbidden addresses, not ourselves, not the routers (they only help to begin, and
// never enter a table), not those who keep changing their id.
import { assert } from '../base/assert.ts';
import type { Clock } from '../base/clock.ts';
import { contactText, type Contact, type NodeContact } from '../base/contact.ts';
import { bytesEqual } from '../base/bytes.ts';
import type { NodeId } from '../base/identifier.ts';
import type { KrpcReply } from '../wire/krpc-codec.ts';
import { isForbidden } from './bogons.ts';

/** mldht watches for 15 minutes and bans for 12 hours. */
const ID_CHANGE_REMEMBERED_MS = 15 * 60_000;
const ID_CHANGER_BANNED_MS = 12 * 60 * 60_000;
const ID_CHANGERS_MAX = 512;

interface IdChange {
  readonly atMs: number;
  readonly bannedUntilMs: number;
}

export class ContactSieve {
  selfId: NodeId;
  /** Our address from outside and inside, as far as known. */
  readonly #own = new Set<string>();
  readonly #routers = new Set<string>();
  readonly #idChanges = new Map<string, IdChange>();
  readonly #clock: Clock;
  readonly #localAddressesAllowed: boolean;

  constructor(selfId: NodeId, clock: Clock, localAddressesAllowed: boolean) {
    this.selfId = selfId;
    this.#clock = clock;
    this.#localAddressesAllowed = localAddressesAllowed;
  }

  addRouter(contact: Contact): void {
    this.#routers.add(contactText(contact));
  }

  isRouter(contact: Contact): boolean {
    return this.#routers.has(contactText(contact));
  }

  /** The addresses that are our own from now on. */
  setOwn(contacts: readonly Contact[]): void {
    this.#own.clear();
    for (const contact of contacts) this.#own.add(contactText(contact));
  }

  /** Why no packet may go to or be taken from `contact`, or null. Routers pass: see isUsable. */
  whyForbidden(contact: Contact): string | null {
    return isForbidden(contact, { localAddressesAllowed: this.#localAddressesAllowed });
  }

  /** Whether `contact` may be asked as an ordinary node. */
  isUsable(contact: Contact): boolean {
    if (this.whyForbidden(contact) !== null) return false;
    const text = contactText(contact);
    return !this.#own.has(text) && !this.#routers.has(text) && !this.#isBanned(contact.host);
  }

  /** The reply without contacts that may not be used. */
  sift(reply: KrpcReply): KrpcReply {
    const isUsable = (node: NodeContact): boolean => this.isUsable(node.contact) && !bytesEqual(node.id, this.selfId);
    return {
      ...reply,
      nodes: reply.nodes.filter(isUsable),
      nodes6: reply.nodes6.filter(isUsable),
      values: reply.values.filter((peer) => this.whyForbidden(peer) === null),
    };
  }

  /** `host` answered with another id than before. Once may be a restart; again within 15 minutes is a lie. */
  noteIdChange(host: string): void {
    const nowMs = this.#clock.nowMs();
    const before = this.#idChanges.get(host);
    const isAgain = before !== undefined && nowMs - before.atMs < ID_CHANGE_REMEMBERED_MS;
    this.#idChanges.delete(host);
    if (this.#idChanges.size >= ID_CHANGERS_MAX) this.#idChanges.delete(this.#idChanges.keys().next().value!);
    this.#idChanges.set(host, { atMs: nowMs, bannedUntilMs: isAgain ? nowMs + ID_CHANGER_BANNED_MS : 0 });
  }

  checkInvariants(): void {
    assert(this.#idChanges.size <= ID_CHANGERS_MAX, 'id changers within their limit');
  }

  #isBanned(host: string): boolean {
    return this.#idChanges.size > 0 && this.#clock.nowMs() < (this.#idChanges.get(host)?.bannedUntilMs ?? 0);
  }
}
