// The whole node under 100,000 damaged datagrams; `npm test -- long` has two million. A failure prints its SEED and the
// datagram: put that into corpus/ first, then fix.
import { expect, test } from 'vitest';
import { createSystemRandom } from '../../main/base/random.ts';
import { fuzzNode } from './node-fuzzer.ts';

const DATAGRAMS = 100_000;
const SEED = Number(process.env['SEED'] ?? createSystemRandom().uint32());

test(`${DATAGRAMS} datagrams into the node (SEED=${SEED})`, { timeout: 120_000 }, async () => {
  const { counters, answers, forgedReplies, answerBytes, bytesIn, largeAnswers } = await fuzzNode(SEED, DATAGRAMS);
  expect(counters.packetsIn).toBe(DATAGRAMS);
  // Every door was tried: answered, refused by the reader, by the limits, by the transactions, and taken as a reply.
  expect(answers).toBeGreaterThan(500);
  expect(counters.malformed.total()).toBeGreaterThan(DATAGRAMS / 10);
  expect(counters.dropped.get('unknown-transaction')).toBeGreaterThan(1_000);
  expect(counters.dropped.get('answer-quota')).toBeGreaterThan(1_000);
  expect(forgedReplies).toBeGreaterThan(1_000);
  expect(counters.repliesReceived).toBeGreaterThan(1_000);
  // Nothing amplified: less goes out than came in, and hardly an answer is large for its query.
  expect(answerBytes).toBeLessThan(bytesIn);
  expect(largeAnswers).toBeLessThan(answers / 4);
});
