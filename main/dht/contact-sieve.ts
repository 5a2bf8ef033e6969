// Whom we may ask and hear of: not forbidden addresses, not ourselves, not the routers (they only help to begin, and
// never enter a table), not those who keep changing their id.
import { assert } from '../base/assert.ts';
import type { Clock } from '../base/clock.ts';
import { contactText, type Contact } from '../base/contact.ts';
import { IDENTIFIER_BYTES, type NodeId } from '../base/identifier.ts';
import { ipv4Parts, PEER4_BYTES, readContact4, readContact6, readIpv4 } from '../wire/compact-contacts.ts';
import { isForbidden, isForbiddenAt, type AddressRules } from './bogons.ts';
import { holderOf } from './subnet.ts';

/** mldht watches for 15 minutes and bans for 12 hours. */
const ID_CHANGE_REMEMBERED_MS = 15 * 60_000;
const ID_CHANGER_BANNED_MS = 12 * 60 * 60_000;
const ID_CHANGERS_MAX = 512;
const CHANGER_CELLS = 4_096;
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
  /** Bits of those that are IPv4, by their last two bytes: a text is only looked up, and hashed for it, if it may be there. */
  readonly #hostBits = new Uint8Array(256);
  readonly #idChanges = new Map<string, IdChange>();
  /** How many of them fall on each cell, as far as they are IPv4. */
  readonly #changerCells = new Uint16Array(CHANGER_CELLS);
  readonly #clock: Clock;
  readonly #rules: AddressRules;
  /** The family of whom it lets through. */
  readonly isV6: boolean;

  constructor(selfId: NodeId, clock: Clock, localAddressesAllowed: boolean, isV6 = false) {
    this.isV6 = isV6;
    this.selfId = selfId;
    this.#clock = clock;
    this.#rules = { localAddressesAllowed };
  }

  addRouter(contact: Contact): void {
    this.#routers.set(contactText(contact), contact.host);
    this.#collectHosts();
  }

  isRouter(contact: Contact): boolean {
    return this.#isHostOfNote(contact.host) && this.#routers.has(contactText(contact));
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
    return contact.host.includes(':') === this.isV6 && this.whyForbidden(contact) === null;
  }

  /** Why no packet may go to or be taken from `contact`, or null. Routers pass: see isUsable. */
  whyForbidden(contact: Contact): string | null {
    return isForbidden(contact, this.#rules);
  }

  /** Whether `contact` may be asked as an ordinary node. */
  isUsable(contact: Contact): boolean {
    if (!this.isOfOurFamily(contact) || this.#isBanned(contact.host)) return false;
    if (!this.#isHostOfNote(contact.host)) return true;
    const text = contactText(contact);
    return !this.#own.has(text) && !this.#routers.has(text);
  }

  /** Whether the compact node of `nodeBytes` (26 or 38) at `at` may be asked: isUsable, and not ourselves. */
  isUsableAt(bytes: Uint8Array, at: number, nodeBytes: number): boolean {
    const hostAt = at + IDENTIFIER_BYTES;
    const length = nodeBytes - IDENTIFIER_BYTES;
    if (isForbiddenAt(bytes, hostAt, length, this.#rules) !== null || this.#isSelfId(bytes, at)) return false;
    const isV4 = length === PEER4_BYTES;
    if (isV4 === this.isV6) return false;
    // Nearly nobody is of note or banned, and for nobody else a text has to be made.
    if (isV4 && !this.#mayBeOfNote(bytes, hostAt)) return true;
    return this.isUsable(isV4 ? readContact4(bytes, hostAt) : readContact6(bytes, hostAt));
  }

  /** Those of `peers` that may be dialled. */
  siftPeers(peers: readonly Contact[]): readonly Contact[] {
    return peers.length === 0 ? peers : kept(peers, this.#isAllowedPeer);
  }

  /** `host` answered with another id than before. Once may be a restart; again within 15 minutes is a lie. */
  noteIdChange(host: string): void {
    const nowMs = this.#clock.nowMs();
    const holder = holderOf(host);
    const before = this.#idChanges.get(holder);
    const isAgain = before !== undefined && nowMs - before.atMs < ID_CHANGE_REMEMBERED_MS;
    if (before !== undefined) this.#forgetIdChange(holder);
    if (this.#idChanges.size >= ID_CHANGERS_MAX) this.#forgetIdChange(this.#idChanges.keys().next().value!);
    if (readIpv4(holder)) this.#changerCells[changerCell(ipv4Parts, 0)]!++;
    this.#idChanges.set(holder, { atMs: nowMs, bannedUntilMs: isAgain ? nowMs + ID_CHANGER_BANNED_MS : 0 });
  }

  checkInvariants(): void {
    assert(this.#own.size <= OWN_MAX, 'own addresses within their limit');
    assert(this.#idChanges.size <= ID_CHANGERS_MAX, 'id changers within their limit');
    const cells = new Uint16Array(this.#changerCells.length);
    for (const holder of this.#idChanges.keys()) if (readIpv4(holder)) cells[changerCell(ipv4Parts, 0)]!++;
    assert(
      cells.every((count, cell) => count === this.#changerCells[cell]),
      'every id changer is counted',
    );
  }

  readonly #isAllowedPeer = (peer: Contact): boolean => this.whyForbidden(peer) === null;

  #collectHosts(): void {
    this.#hosts = new Set([...this.#own.values(), ...this.#routers.values()]);
    this.#hostBits.fill(0);
    for (const host of this.#hosts) if (readIpv4(host)) this.#hostBits[ipv4Parts[2]! ^ ipv4Parts[3]!] = 1;
  }

  #isHostOfNote(host: string): boolean {
    if (readIpv4(host) && this.#hostBits[ipv4Parts[2]! ^ ipv4Parts[3]!] === 0) return false;
    return this.#hosts.has(host);
  }

  #mayBeOfNote(bytes: Uint8Array, hostAt: number): boolean {
    const isOfNote = this.#hostBits[bytes[hostAt + 2]! ^ bytes[hostAt + 3]!] !== 0;
    return isOfNote || this.#changerCells[changerCell(bytes, hostAt)] !== 0;
  }

  #isSelfId(bytes: Uint8Array, at: number): boolean {
    const { selfId } = this;
    for (let index = 0; index < IDENTIFIER_BYTES; index++) if (bytes[at + index] !== selfId[index]) return false;
    return true;
  }

  #forgetIdChange(holder: string): void {
    this.#idChanges.delete(holder);
    if (readIpv4(holder)) this.#changerCells[changerCell(ipv4Parts, 0)]!--;
  }

  #isBanned(host: string): boolean {
    return this.#idChanges.size > 0 && this.#clock.nowMs() < (this.#idChanges.get(holderOf(host))?.bannedUntilMs ?? 0);
  }
}

/** Which cell of those that changed their id the IPv4 address at `at` falls on. */
function changerCell(bytes: Uint8Array, at: number): number {
  return ((bytes[at + 1]! << 7) ^ (bytes[at + 2]! << 4) ^ bytes[at + 3]!) % CHANGER_CELLS;
}

/** Those of `list` that pass: the list itself when all do, as is usual. */
function kept<Item>(list: readonly Item[], passes: (item: Item) => boolean): readonly Item[] {
  for (const item of list) if (!passes(item)) return list.filter(passes);
  return list;
}
