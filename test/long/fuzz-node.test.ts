// Two million damaged datagrams into the whole node. A failure prints SEED and datagram; `SEED=n npm test -- long fuzz` again.
import { expect, test } from 'vitest';
import { createSystemRandom } from '../../main/base/random.ts';
import { fuzzNode } from '../fuzz/node-fuzzer.ts';

const DATAGRAMS = 2_000_000;
const SEED = Number(process.env['SEED'] ?? createSystemRandom().uint32());

test(`${DATAGRAMS} datagrams into the node (SEED=${SEED})`, { timeout: 1_200_000 }, async () => {
  const report = await fuzzNode(SEED, DATAGRAMS);
  const { counters, answers, forgedReplies, answerBytes, bytesIn, largeAnswers } = report;
  console.info(JSON.stringify({ answers, forgedReplies, answerBytes, bytesIn, largeAnswers }));
  console.info(JSON.stringify({ ...counters.malformed.toObject(), ...counters.dropped.toObject() }));
  expect(counters.packetsIn).toBe(DATAGRAMS);
  expect(answers).toBeGreaterThan(10_000);
  expect(counters.malformed.total()).toBeGreaterThan(DATAGRAMS / 10);
  expect(counters.repliesReceived).toBeGreaterThan(20_000);
  expect(answerBytes).toBeLessThan(bytesIn);
  expect(largeAnswers).toBeLessThan(answers / 4);
});
