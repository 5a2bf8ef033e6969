// An answer to one of our queries while it is being heard: what its sender says, without contacts that may not be used,
// read straight from its datagram. Of eight nodes in a reply a search asks one or two: the others become neither copies nor
// texts. One object for all answers: valid until the next one is read, and who keeps something keeps a copy.
import { assert } from '../base/assert.ts';
import type { Contact, NodeContact } from '../base/contact.ts';
import { IDENTIFIER_BYTES, type NodeId } from '../base/identifier.ts';
import { NODE4_BYTES, NODE6_BYTES, readContact4, readContact6, readPort } from '../wire/compact-contacts.ts';
import { KrpcMessage, readNodeId, readNodes, readValues, REPLY_NODES_MAX, toReply } from '../wire/krpc-codec.ts';
import type { ContactSieve } from './contact-sieve.ts';
import type { UsableReply } from './dht-contract.ts';

const NO_NODES: readonly NodeContact[] = Object.freeze([]);

export class Answer {
  message = new KrpcMessage();
  /** Of each node of our family (BEP 32): 26 bytes, or 38. */
  readonly nodeBytes: number;
  /** Where the usable ones begin in the datagram, the first `nodeCount`. */
  readonly nodeStarts = new Uint16Array(REPLY_NODES_MAX);
  nodeCount = 0;
  readonly #sieve: ContactSieve;
  readonly #isV6: boolean;
  #nodes: readonly NodeContact[] | null = null;

  constructor(sieve: ContactSieve) {
    this.#sieve = sieve;
    this.#isV6 = sieve.isV6;
    this.nodeBytes = sieve.isV6 ? NODE6_BYTES : NODE4_BYTES;
  }

  /** Makes it the answer in `message`, a decoded response. */
  read(message: KrpcMessage): void {
    const { nodeBytes } = this;
    this.message = message;
    this.#nodes = null;
    this.nodeCount = 0;
    const start = this.#isV6 ? message.nodes6Start : message.nodesStart;
    if (start === -1) return;
    let count = (this.#isV6 ? message.nodes6Length : message.nodesLength) / nodeBytes;
    if (count > REPLY_NODES_MAX) {
      message.noteOddity('too-many-nodes');
      count = REPLY_NODES_MAX;
    }
    for (let index = 0, at = start; index < count; index++, at += nodeBytes) {
      if (readPort(message.bytes, at + nodeBytes - 2) === 0) message.noteOddity('port-zero');
      else if (this.#sieve.isUsableAt(message.bytes, at, nodeBytes)) this.nodeStarts[this.nodeCount++] = at;
    }
  }

  /** The usable nodes as values that outlive the datagram; made when first asked for. */
  get nodes(): readonly NodeContact[] {
    return (this.#nodes ??= this.nodeCount === 0 ? NO_NODES : this.#copyNodes());
  }

  get hasSiblingNodes(): boolean {
    return (this.#isV6 ? this.message.nodesLength : this.message.nodes6Length) > 0;
  }

  /** The nodes of the other family (BEP 32). Whether they can be used is for the node of that family to judge. */
  get siblingNodes(): readonly NodeContact[] {
    return readNodes(this.message, this.#isV6 ? NODE4_BYTES : NODE6_BYTES);
  }

  /** Peers that may be used. */
  get values(): readonly Contact[] {
    return this.#sieve.siftPeers(readValues(this.message));
  }

  /** All of it as values that outlive the datagram; `nodeId` is its sender's, copied already. */
  toReply(nodeId: NodeId): UsableReply {
    return toReply(this.message, { nodeId, nodes: this.nodes, nodes6: NO_NODES, values: this.values });
  }

  checkInvariants(): void {
    assert(this.nodeCount <= REPLY_NODES_MAX, 'nodes of an answer within their limit');
  }

  #copyNodes(): NodeContact[] {
    const { bytes } = this.message;
    const nodes: NodeContact[] = [];
    for (let index = 0; index < this.nodeCount; index++) {
      const at = this.nodeStarts[index]!;
      const contactAt = at + IDENTIFIER_BYTES;
      const contact = this.#isV6 ? readContact6(bytes, contactAt) : readContact4(bytes, contactAt);
      nodes.push({ id: readNodeId(this.message, at), contact });
    }
    return nodes;
  }
}
