// Verifying in turns: what is small at once, what is large a few milliseconds at a time, in order, bounded, and stoppable.
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Clock } from '../../main/base/clock.ts';
import { asInfohash, type Infohash } from '../../main/base/identifier.ts';
import { METADATA_BYTES_IN_FLIGHT_MAX, MetadataMemory } from '../../main/metadata/metadata-pieces.ts';
import { MetadataVerifier, TURN_MS } from '../../main/metadata/metadata-verifier.ts';
import { verifyMetadata, verifySteps, type Verdict } from '../../main/metadata/verify-metadata.ts';
import { blocksOf, metadataOf } from './large-metadata.ts';
import { ManualClock } from './manual-clock.ts';

const sha1 = (raw: Uint8Array): Infohash => asInfohash(new Uint8Array(createHash('sha1').update(raw).digest()));
const HUGE = metadataOf({ fileCount: 100_000, bytes: 10 * 1024 * 1024 });
const SMALL = metadataOf({ fileCount: 3, bytes: 20_000 });

/** Each look at it costs a millisecond, as if each step did. */
class CostlyClock extends ManualClock {
  turns = 0;

  override nowMs(): number {
    this.advance(1);
    return super.nowMs();
  }

  override setTimer(...args: Parameters<Clock['setTimer']>): ReturnType<Clock['setTimer']> {
    this.turns++;
    return super.setTimer(...args);
  }
}

describe('the verifier', () => {
  it('gives the verdict of small metadata at once', () => {
    const memory = new MetadataMemory();
    const verdicts: Verdict[] = [];
    const verifier = new MetadataVerifier(new ManualClock(), memory);
    expect(verifier.verify(sha1(SMALL), [SMALL], (verdict) => verdicts.push(verdict))).toBe(true);
    expect(verdicts).toEqual([verifyMetadata(sha1(SMALL), SMALL)]);
    expect([verifier.waitingCount, memory.heldBytes]).toEqual([0, 0]);
  });

  it('takes many turns for 10 MiB with 100,000 files, each a few short steps, and others wait for theirs', () => {
    const memory = new MetadataMemory();
    const clock = new CostlyClock();
    const verifier = new MetadataVerifier(clock, memory);
    const ended: string[] = [];
    const heldAtMost = HUGE.length + SMALL.length;
    verifier.verify(sha1(HUGE), blocksOf(HUGE), (verdict) => ended.push(`huge ${verdict.kind}`));
    verifier.verify(sha1(SMALL), [SMALL], (verdict) => ended.push(`small ${verdict.kind}`));
    expect([ended, memory.heldBytes]).toEqual([[], heldAtMost]);
    verifier.checkInvariants();
    clock.advance(10_000);
    expect(ended).toEqual(['huge verified', 'small verified']);
    expect(memory.heldBytes).toBe(0);
    const stepCount = [...verifySteps(sha1(HUGE), blocksOf(HUGE))].length;
    expect(stepCount).toBeGreaterThan(200); // 25 ms of work: each step a tenth of a millisecond
    expect(clock.turns).toBeGreaterThan(stepCount / (TURN_MS + 1));
  });

  it('says so when the memory is full, and stop forgets what waits', () => {
    const memory = new MetadataMemory();
    memory.take(METADATA_BYTES_IN_FLIGHT_MAX - HUGE.length);
    const clock = new CostlyClock();
    const verifier = new MetadataVerifier(clock, memory);
    const never = () => {
      throw new Error('called');
    };
    expect(verifier.verify(sha1(HUGE), blocksOf(HUGE), never)).toBe(true);
    expect(verifier.verify(sha1(SMALL), [SMALL], never)).toBe(false);
    verifier.stop();
    clock.advance(10_000);
    expect(memory.heldBytes).toBe(METADATA_BYTES_IN_FLIGHT_MAX - HUGE.length);
    expect(clock.alarmCount).toBe(0);
  });

  it('may be stopped and fed by those whom it tells', () => {
    const verifier = new MetadataVerifier(new ManualClock(), new MetadataMemory());
    const told: number[] = [];
    verifier.verify(sha1(SMALL), [SMALL], () => {
      told.push(1);
      verifier.verify(sha1(SMALL), [SMALL], () => {
        told.push(2);
        verifier.stop();
      });
    });
    expect(told).toEqual([1, 2]);
    verifier.checkInvariants();
  });

  it.each([
    ['a million tokens under a key that nobody knows', `1:al${'i1e'.repeat(900_000)}e`],
    [
      'half a million keys',
      Array.from({ length: 200_000 }, (_, index) => `6:${String(index).padStart(6, '0')}0:`).join(''),
    ],
    ['a name that is a list of lists', `4:namel${'le'.repeat(400_000)}e`],
  ])('is stepped through: %s', (_what, text) => {
    const raw = new Uint8Array(Buffer.from(`d${text}e`));
    expect([...verifySteps(sha1(raw), [raw])].length).toBeGreaterThan(20);
    expect(verifyMetadata(sha1(raw), raw).kind).toBe('invalid');
  });
});
