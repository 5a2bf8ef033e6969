// The datagrams of a UDP tracker (BEP 15): connect and scrape, both ways. Pure; a hostile answer is a reason, never a throw.
// There is no encoder for `announce`: we ask how many there are and never say that we are one of them.
import { IDENTIFIER_BYTES } from '../base/identifier.ts';

/** BEP 15 says about 74; with 72 the question has 1,456 bytes and fits into one Ethernet frame, with 73 it is cut in two. */
export const SCRAPE_INFOHASHES_MAX = 72;
const PROTOCOL_ID_HIGH = 0x417;
const PROTOCOL_ID_LOW = 0x27101980;
const ACTION_CONNECT = 0;
const ACTION_SCRAPE = 2;
const ACTION_ERROR = 3;
const CONNECT_REPLY_BYTES = 16;
const HEAD_BYTES = 8;
const ENTRY_BYTES = 12;
/** More than the whole network has: the tracker makes it up. */
const PLAUSIBLE_MAX = 20_000_000;

export interface TrackerCount {
  readonly seeders: number;
  readonly leechers: number;
}

export type TrackerReply =
  | { readonly kind: 'connected'; readonly transactionId: number; readonly connectionId: Uint8Array }
  | { readonly kind: 'scraped'; readonly transactionId: number; readonly counts: readonly TrackerCount[] }
  | { readonly kind: 'error'; readonly transactionId: number }
  | { readonly kind: 'malformed'; readonly reason: TrackerProblem };
export type TrackerProblem = 'too-short' | 'unknown-action' | 'bad-length' | 'implausible-count';

export function encodeConnect(transactionId: number): Uint8Array {
  const bytes = new Uint8Array(CONNECT_REPLY_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, PROTOCOL_ID_HIGH);
  view.setUint32(4, PROTOCOL_ID_LOW);
  view.setUint32(8, ACTION_CONNECT);
  view.setUint32(12, transactionId);
  return bytes;
}

/** `infohashes`: at most SCRAPE_INFOHASHES_MAX of 20 bytes each; the counts of the answer are in their order. */
export function encodeScrape(
  connectionId: Uint8Array,
  transactionId: number,
  infohashes: readonly Uint8Array[],
): Uint8Array {
  const bytes = new Uint8Array(2 * HEAD_BYTES + infohashes.length * IDENTIFIER_BYTES);
  const view = new DataView(bytes.buffer);
  bytes.set(connectionId.subarray(0, HEAD_BYTES));
  view.setUint32(8, ACTION_SCRAPE);
  view.setUint32(12, transactionId);
  infohashes.forEach((infohash, index) => bytes.set(infohash, 2 * HEAD_BYTES + index * IDENTIFIER_BYTES));
  return bytes;
}

/** Whether the answer fits the question (its transaction, the number of counts) is for the asker to see. */
export function parseTrackerReply(bytes: Uint8Array): TrackerReply {
  if (bytes.length < HEAD_BYTES) return { kind: 'malformed', reason: 'too-short' };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const action = view.getUint32(0);
  const transactionId = view.getUint32(4);
  if (action === ACTION_ERROR) return { kind: 'error', transactionId };
  if (action === ACTION_CONNECT) {
    if (bytes.length < CONNECT_REPLY_BYTES) return { kind: 'malformed', reason: 'too-short' };
    return { kind: 'connected', transactionId, connectionId: new Uint8Array(bytes.subarray(8, 16)) };
  }
  if (action !== ACTION_SCRAPE) return { kind: 'malformed', reason: 'unknown-action' };
  if ((bytes.length - HEAD_BYTES) % ENTRY_BYTES !== 0) return { kind: 'malformed', reason: 'bad-length' };
  const counts: TrackerCount[] = [];
  for (let at = HEAD_BYTES; at < bytes.length; at += ENTRY_BYTES) {
    // Between the two stands how often it was downloaded.
    const [seeders, leechers] = [view.getUint32(at), view.getUint32(at + 8)];
    if (seeders > PLAUSIBLE_MAX || leechers > PLAUSIBLE_MAX) return { kind: 'malformed', reason: 'implausible-count' };
    counts.push({ seeders, leechers });
  }
  return { kind: 'scraped', transactionId, counts };
}
