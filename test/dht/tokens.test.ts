import { beforeEach, describe, expect, test } from 'vitest';
import { createSeededRandom } from '../../main/base/random.ts';
import { SECRET_LIFE_MS, TOKEN_BYTES, Tokens } from '../../main/dht/tokens.ts';
import { SimulatedClock } from '../simulation/simulated-clock.ts';

describe('tokens', () => {
  let clock: SimulatedClock;
  let tokens: Tokens;
  beforeEach(() => {
    clock = new SimulatedClock();
    tokens = new Tokens(clock, createSeededRandom(3));
  });

  test('a token is good for its address only', () => {
    const token = tokens.issue('1.2.3.4');
    expect(token).toHaveLength(TOKEN_BYTES);
    expect(tokens.isValid('1.2.3.4', token)).toBe(true);
    expect(tokens.isValid('1.2.3.5', token)).toBe(false);
    expect(tokens.isValid('2a00::1', token)).toBe(false);
  });

  test('BEP 5: taken for at least five minutes and at most ten', () => {
    clock.advance(SECRET_LIFE_MS - 1);
    const late = tokens.issue('1.2.3.4').slice();
    clock.advance(1);
    expect(tokens.isValid('1.2.3.4', late)).toBe(true);
    clock.advance(SECRET_LIFE_MS - 1);
    expect(tokens.isValid('1.2.3.4', late)).toBe(true);
    clock.advance(1);
    expect(tokens.isValid('1.2.3.4', late)).toBe(false);
  });

  test('after a long quiet both secrets are new', () => {
    const token = tokens.issue('1.2.3.4').slice();
    clock.advance(2 * SECRET_LIFE_MS);
    expect(tokens.isValid('1.2.3.4', token)).toBe(false);
  });

  test('every wrong byte and every wrong length is refused', () => {
    const token = tokens.issue('1.2.3.4');
    for (let index = 0; index < token.length; index++) {
      const wrong = token.slice();
      wrong[index] = wrong[index]! ^ 1;
      expect(tokens.isValid('1.2.3.4', wrong)).toBe(false);
      expect(tokens.isValid('1.2.3.4', token.slice(0, index))).toBe(false);
    }
    expect(tokens.isValid('1.2.3.4', new Uint8Array(20))).toBe(false);
  });

  test('other nodes have other secrets, and thousands of askers cost no more memory', () => {
    expect(new Tokens(clock, createSeededRandom(4)).isValid('1.2.3.4', tokens.issue('1.2.3.4'))).toBe(false);
    for (let index = 0; index < 5_000; index++) tokens.issue(`1.2.${index >> 8}.${index & 255}`);
    expect(tokens.isValid('1.2.0.9', tokens.issue('1.2.0.9'))).toBe(true);
  });
});
