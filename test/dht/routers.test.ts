import { beforeEach, describe, expect, test } from 'vitest';
import { contactText } from '../../main/base/contact.ts';
import { asNodeId } from '../../main/base/identifier.ts';
import { silentLog } from '../../main/base/log.ts';
import type { QueryOutcome } from '../../main/dht/dht-node.ts';
import { ROUTER_INTERVAL_MS, Routers, type RoutersParts } from '../../main/dht/routers.ts';
import type { KrpcReply } from '../../main/wire/krpc-codec.ts';
import { SimulatedClock } from '../simulation/simulated-clock.ts';

const TARGET = new Uint8Array(20);

describe('routers', () => {
  let clock: SimulatedClock;
  let asked: string[];
  let known: string[];
  let outcomes: Map<string, QueryOutcome>;
  let names: Record<string, string[]>;
  let lookedUp: string[];
  let mayAsk: boolean;

  beforeEach(() => {
    clock = new SimulatedClock();
    asked = [];
    known = [];
    outcomes = new Map();
    names = {};
    lookedUp = [];
    mayAsk = true;
  });

  function create(routers: RoutersParts['routers'], isV6 = false): Routers {
    return new Routers({
      clock,
      log: silentLog,
      routers,
      isV6,
      resolveHost: (name) => {
        lookedUp.push(name);
        return names[name] ? Promise.resolve(names[name]) : Promise.reject(new Error('unknown'));
      },
      askRouter: (contact, _query, onOutcome) => {
        if (!mayAsk) return false;
        asked.push(contactText(contact));
        const outcome = outcomes.get(contact.host) ?? { kind: 'timeout' };
        clock.setTimer(1_000, () => onOutcome(outcome));
        return true;
      },
      onRouter: (contact) => known.push(contactText(contact)),
    });
  }

  async function pass(routers: Routers, ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 1_000) {
      routers.tick();
      await Promise.resolve();
      await Promise.resolve();
      clock.advance(1_000);
    }
  }

  test('numeric hosts are asked without looking up anything, once in ten minutes', async () => {
    outcomes.set('1.2.3.4', {
      kind: 'reply',
      reply: { nodes: [] } as unknown as KrpcReply,
      from: { id: asNodeId(new Uint8Array(20)), contact: { host: '1.2.3.4', port: 7 } },
      roundTripMs: 1,
    });
    const routers = create([{ host: '1.2.3.4', port: 7 }]);
    expect(known).toEqual(['1.2.3.4:7']);
    for (let minute = 0; minute < 30; minute++) {
      routers.want(TARGET, () => undefined);
      await pass(routers, 60_000);
    }
    expect(asked).toHaveLength(30 / (ROUTER_INTERVAL_MS / 60_000));
    expect(lookedUp).toEqual([]);
  });

  test('one that is silent is asked again after 30 s, then after twice as long each time, ten minutes at most', async () => {
    const routers = create([{ host: '1.2.3.4', port: 7 }]);
    const askedAtMinutes: number[] = [];
    for (let second = 0; second < 60 * 60; second++) {
      const before = asked.length;
      routers.want(TARGET, () => undefined);
      await pass(routers, 1_000);
      if (asked.length > before) askedAtMinutes.push(second / 60);
    }
    expect(askedAtMinutes.map((minute) => Math.round(minute * 2) / 2)).toEqual([
      0, 0.5, 1.5, 3.5, 7.5, 15.5, 25.5, 35.5, 45.5, 55.5,
    ]);
  });

  test('an ordinary node is asked like a router, and is none', async () => {
    const routers = create([{ host: '1.2.3.4', port: 7, isOrdinary: true }]);
    routers.want(TARGET, () => undefined);
    await pass(routers, 5_000);
    expect(asked).toEqual(['1.2.3.4:7']);
    expect(known).toEqual([]);
  });

  test('every address of a name is tried until one answers', async () => {
    names = { 'router.example': ['1.1.1.1', '2a00::1', '1.1.1.2', '1.1.1.3'] };
    outcomes.set('1.1.1.2', { kind: 'cancelled' });
    const routers = create([{ host: 'router.example', port: 7 }]);
    routers.want(TARGET, () => undefined);
    await pass(routers, 20_000);
    expect(asked).toEqual(['1.1.1.1:7', '1.1.1.2:7']);
    expect(known).toEqual(['1.1.1.1:7', '1.1.1.2:7', '1.1.1.3:7']);
    routers.want(TARGET, () => undefined);
    await pass(routers, 20_000);
    expect(asked).toEqual(['1.1.1.1:7', '1.1.1.2:7', '1.1.1.3:7']); // the others are not rested
    expect(lookedUp).toEqual(['router.example']);
  });

  test('of a name, an IPv6 socket asks the IPv6 addresses', async () => {
    names = { 'router.example': ['1.1.1.1', '2a00::1'] };
    const routers = create([{ host: 'router.example', port: 7 }], true);
    routers.want(TARGET, () => undefined);
    await pass(routers, 5_000);
    expect(asked).toEqual(['[2a00::1]:7']);
  });

  test('a name that cannot be looked up is tried again later and harms nobody', async () => {
    const routers = create([
      { host: 'gone.example', port: 7 },
      { host: '1.2.3.4', port: 7 },
    ]);
    routers.want(TARGET, () => undefined);
    await pass(routers, 5_000);
    expect(asked).toEqual(['1.2.3.4:7']);
    names = { 'gone.example': ['5.6.7.8'] };
    routers.want(TARGET, () => undefined);
    await pass(routers, 5_000);
    expect(lookedUp).toHaveLength(1);
    clock.advance(30_000);
    routers.want(TARGET, () => undefined);
    await pass(routers, 5_000);
    expect(asked.at(-1)).toBe('5.6.7.8:7');
  });

  test('what the budget refuses is asked later, once', async () => {
    mayAsk = false;
    const routers = create([{ host: '1.2.3.4', port: 7 }]);
    routers.want(TARGET, () => undefined);
    await pass(routers, 5_000);
    expect(asked).toEqual([]);
    mayAsk = true;
    await pass(routers, 20_000);
    expect(asked).toEqual(['1.2.3.4:7']);
  });

  test('a router of our own network may be asked again after ten seconds', async () => {
    const routers = create([{ host: '127.0.0.1', port: 7 }]);
    for (let round = 0; round < 4; round++) {
      routers.want(TARGET, () => undefined);
      await pass(routers, 5_000);
    }
    expect(asked).toHaveLength(2);
  });
});
