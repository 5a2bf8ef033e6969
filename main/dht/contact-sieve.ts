// Whom we may ask and hear of: not forbidden addresses, not ourselves, not the routers (they only help to begin, and
// never enter a table), not those who keep changing their id.
import { assert } from '../base/assert.ts';
import type { Clock } from '../base/clock.ts';
import { contactText, type Contact, type NodeContact } from '../base/contact.ts';
import { bytesEqual } from '../base/bytes.ts';
import type { NodeId } from '../base/identifier.ts';
import type { KrpcReply } from '../wire/krpc-codec.ts';
import { isForbidden, type AddressRules } from './bogons.ts';
import type { UsableReply } from './dht-contract.ts';
import { holderOf } from './subnet.ts';

/** mldht watches for 15 minutes and bans for 12 hours. */
const ID_CHANGE_REMEMBERED_MS = 15 * 60_000;
const ID_CHANGER_BANNED_MS = 12 * 60 * 60_000;
const ID_CHANGERS_MAX = 512;
/** Addresses and ports that are ours: bound to, and as others see them, which a NAT may change now and then. */
const OWN_MAX = 8;

interface IdChange {
  readonly atMs: number;
  readonly bannedUntilMs: number;
}

export class ContactSieve {
  selfId: NodeId;
  /** Our address from outside and inside, as far as known: as text, with its host. */
  readonly #own = new Map<string, string>();
  /** Whom of these others named last: they name the same one all the time. */
  #ownNamed: Contact | null = null;
  readonly #routers = new Map<string, string>();
  /** The hosts of both: nearly nobody is one of them, and to look here costs less than to make a text of host and port. */
  #hosts = new Set<string>();
  readonly #idChanges = new Map<string, IdChange>();
  readonly #clock: Clock;
  readonly #rules: AddressRules;
  readonly #isV6: boolean;

  constructor(selfId: NodeId, clock: Clock, localAddressesAllowed: boolean, isV6 = false) {
    this.#isV6 = isV6;
    this.selfId = selfId;
    this.#clock = clock;
    this.#rules = { localAddressesAllowed };
  }

  addRouter(contact: Contact): void {
    this.#routers.set(contactText(contact), contact.host);
    this.#collectHosts();
  }

  isRouter(contact: Contact): boolean {
    return this.#hosts.has(contact.host) && this.#routers.has(contactText(contact));
  }

  /** What we are bound to from now on; what others said of us before is forgotten. */
  setOwn(contact: Contact): void {
    this.#own.clear();
    this.#ownNamed = null;
    this.#own.set(contactText(contact), contact.host);
    this.#collectHosts();
  }

  /** Where others see us. */
  noteOwn(contact: Contact): void {
    const named = this.#ownNamed;
    if (named !== null && contact.port === named.port && contact.host === named.host) return;
    this.#ownNamed = contact;
    const text = contactText(contact);
    if (this.#own.has(text)) return;
    // The first is what we are bound to.
    if (this.#own.size >= OWN_MAX) this.#own.delete([...this.#own.keys()][1]!);
    this.#own.set(text, contact.host);
    this.#collectHosts();
  }

  /** An address of our family (BEP 32) that packets may go to. */
  isOfOurFamily(contact: Contact): boolean {
    return contact.host.includes(':') === this.#isV6 && this.whyForbidden(contact) === null;
  }

  /** Why no packet may go to or be taken from `contact`, or null. Routers pass: see isUsable. */
  whyForbidden(contact: Contact): string | null {
    return isForbidden(contact, this.#rules);
  }

  /** Whether `contact` may be asked as an ordinary node. */
  isUsable(contact: Contact): boolean {
    if (!this.isOfOurFamily(contact) || this.#isBanned(contact.host)) return false;
    if (!this.#hosts.has(contact.host)) return true;
    const text = contactText(contact);
    return !this.#own.has(text) && !this.#routers.has(text);
  }

  /** The reply without contacts that may not be used; its nodes are those of our family (BEP 32), see siblingNodes. */
  sift(reply: KrpcReply): UsableReply {
    const theirs = this.#isV6 ? reply.nodes6 : reply.nodes;
    const nodes = kept(theirs, this.#isUsableNode);
    const values = kept(reply.values, this.#isAllowedPeer);
    // As is usual.
    if (nodes === reply.nodes && values === reply.values) return reply;
    return {
      nodeId: reply.nodeId,
      nodes,
      values,
      samples: reply.samples,
      intervalSeconds: reply.intervalSeconds,
      num: reply.num,
      token: reply.token,
      version: reply.version,
      externalContact: reply.externalContact,
      bloomSeeds: reply.bloomSeeds,
      bloomPeers: reply.bloomPeers,
    };
  }

  /** The nodes of the other family in `reply`. Whether they can be used is for the node of that family to judge. */
  siblingNodes(reply: KrpcReply): readonly NodeContact[] {
    return this.#isV6 ? reply.nodes : reply.nodes6;
  }

  /** `host` answered with another id than before. Once may be a restart; again within 15 minutes is a lie. */
  noteIdChange(host: string): void {
    const nowMs = this.#clock.nowMs();
    const holder = holderOf(host);
    const before = this.#idChanges.get(holder);
    const isAgain = before !== undefined && nowMs - before.atMs < ID_CHANGE_REMEMBERED_MS;
    this.#idChanges.delete(holder);
    if (this.#idChanges.size >= ID_CHANGERS_MAX) this.#idChanges.delete(this.#idChanges.keys().next().value!);
    this.#idChanges.set(holder, { atMs: nowMs, bannedUntilMs: isAgain ? nowMs + ID_CHANGER_BANNED_MS : 0 });
  }

  checkInvariants(): void {
    assert(this.#own.size <= OWN_MAX, 'own addresses within their limit');
    assert(this.#idChanges.size <= ID_CHANGERS_MAX, 'id changers within their limit');
  }

  readonly #isUsableNode = (node: NodeContact): boolean =>
    this.isUsable(node.contact) && !bytesEqual(node.id, this.selfId);

  readonly #isAllowedPeer = (peer: Contact): boolean => this.whyForbidden(peer) === null;

  #collectHosts(): void {
    this.#hosts = new Set([...this.#own.values(), ...this.#routers.values()]);
  }

  #isBanned(host: string): boolean {
    return this.#idChanges.size > 0 && this.#clock.nowMs() < (this.#idChanges.get(holderOf(host))?.bannedUntilMs ?? 0);
  }
}

/** Those of `list` that pass: the list itself when all do, as is usual. */
function kept<Item>(list: readonly Item[], passes: (item: Item) => boolean): readonly Item[] {
  for (const item of list) if (!passes(item)) return list.filter(passes);
  return list;
}
