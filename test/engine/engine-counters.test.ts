// The counters of protocol.md 6.7 over a whole crawl: they add up, agree with what was seen from outside, and stay small.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CLIENT_VERSIONS_SHOWN } from '../../main/engine/engine-contract.ts';
import { needleCountOf, STRATEGY_DEFAULT } from '../../main/scrape/strategy.ts';
import { simulationSeed } from '../simulation/simulated-nodes.ts';
import { DiscoveryRig, type Crawler } from './discovery-rig.ts';

const TORRENTS = 40;
const MINUTE = 60_000;
const seed = simulationSeed(20_260_761);

let rig: DiscoveryRig;
let crawler: Crawler;
beforeEach(async () => {
  rig = new DiscoveryRig(seed, TORRENTS);
  await rig.grow(250);
  crawler = rig.crawler();
});
afterEach(() => rig.end());

const sum = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((total, count) => total + count, 0);

describe(`counters (SEED=${seed})`, () => {
  test('before the start everything is zero or not there yet', () => {
    const counters = crawler.discovery.engineCounters();
    expect(counters).toMatchObject({ scrape: [], clientVersions: [], peersFound: 0 });
    expect(counters.dht).toMatchObject({ nodes: [], queryTimeouts: 0, newAddressesPerSecond: 0 });
    expect(sum(counters.dht.queriesSentBy) + sum(counters.infohashes) + sum(counters.store)).toBe(0);
  });

  test('after a crawl they add up', async () => {
    crawler.joinStore();
    await crawler.discovery.start();
    const { discovery, store } = crawler;
    await rig.advanceUntil(() => store.torrents.length >= TORRENTS, 5 * MINUTE);
    rig.swarm.network.setOff(rig.swarm.nodes.members[9]!.contact.host, true);
    await rig.advance(MINUTE);
    const { status } = crawler;
    const {
      dht,
      scrape: [scrape],
      infohashes,
      metadata,
      store: stored,
      clientVersions,
      peersFound,
    } = discovery.engineCounters();

    // Every packet of ours was a query, as we are read-only, and every query ended in one of four ways or has not yet.
    expect(sum(dht.queriesSentBy)).toBe(status.packetsOut);
    expect(dht.queriesSentBy['announce_peer']).toBe(0);
    expect(dht.queriesSentBy['sample_infohashes']).toBe(status.samplesAsked);
    const [node] = dht.nodes;
    const ended = dht.repliesReceived + sum(dht.errorsReceivedByCode) + dht.queryTimeouts;
    expect(ended + node!.queriesInFlight).toBe(sum(dht.queriesSentBy));
    expect(node).toMatchObject({ timeoutMs: 1_500, storedInfohashes: 0, nodes: expect.any(Number) });
    expect(node!.roundTripP50Ms).toBeGreaterThan(40);
    expect(node!.roundTripP90Ms).toBeGreaterThanOrEqual(node!.roundTripP50Ms!);
    expect(node!.roundTripP90Ms).toBeLessThanOrEqual(160);
    expect(node!.openAddresses).toBeGreaterThan(20);
    expect(node!.externalAddress.votes[0]).toEqual({ host: '99.1.2.3', votes: expect.any(Number) });

    expect(infohashes.new).toBe(status.infohashesNew);
    expect(infohashes.raw).toBe(infohashes.new + infohashes.repeated + infohashes.known);
    expect(infohashes.repeated).toBeGreaterThan(0);
    expect(peersFound).toBeGreaterThanOrEqual(TORRENTS);
    expect(metadata).toMatchObject({ queued: 0, connections: 0, heldBytes: 0, failuresBy: status.metadataFailures });
    expect(metadata.dialled).toBe(rig.seeders.dialled.length);
    expect(metadata.receivedBytes).toBeGreaterThanOrEqual(TORRENTS * 100);
    expect(metadata.byStage).toEqual({ 'sampling-node': expect.any(Number) });
    expect(metadata.bytesPerStoredTorrent).toBeGreaterThan(100);
    expect(metadata.peerBytesIn).toBeGreaterThan(metadata.receivedBytes);
    expect(stored).toMatchObject({ waiting: 0, saved: TORRENTS });

    expect(scrape!.needles).toHaveLength(needleCountOf(STRATEGY_DEFAULT));
    expect(scrape!.needles[0]!.needleHex).toMatch(/^[0-9a-f]{40}$/);
    expect(scrape!.needles.reduce((total, { newInfohashesIn10Min }) => total + newInfohashesIn10Min, 0)).toBe(
      infohashes.new,
    );
    expect(scrape).toMatchObject({ triageWaiting: 0, getPeersWaiting: 0 });
    expect(scrape!.recent.members).toBe(infohashes.new);
    expect(scrape!.recent.fill).toBeGreaterThan(0);
    expect(scrape!.recent.falsePositiveRate).toBeLessThan(1e-9);
    expect(scrape!.cooldownBytes).toBeGreaterThan(0);
    expect(scrape!.pace).toMatchObject({ ceilingPerSecond: 100, signals: expect.any(Number) });

    expect(clientVersions.length).toBeLessThanOrEqual(CLIENT_VERSIONS_SHOWN);
    expect(clientVersions.reduce((total, { newInfohashes }) => total + newInfohashes, 0)).toBe(infohashes.new);
    expect(clientVersions[0]).toMatchObject({ text: expect.stringContaining('LF'), answered: status.samplesAnswered });
    // Structured clone and JSON alike: nothing but plain values, and less than 16 KiB.
    expect(JSON.parse(JSON.stringify(scrape))).toEqual(structuredClone(scrape));
    expect(JSON.stringify(discovery.engineCounters()).length).toBeLessThan(16_384);
  });

  test('queries of others are counted by method, whether or not they are answered', async () => {
    const serving = rig.crawler({ bindHost: '99.1.2.4', isServing: true });
    serving.joinStore();
    await serving.discovery.start();
    const contact = { host: '99.1.2.4', port: serving.status.port };
    const [asker] = rig.swarm.nodes.members;
    asker!.node.query(contact, { method: 'ping' }, () => undefined);
    asker!.node.query(contact, { method: 'get_peers', infohash: new Uint8Array(20) }, () => undefined);
    await rig.advance(1_000);
    const { dht } = serving.discovery.engineCounters();
    expect(dht.queriesReceivedBy).toMatchObject({ ping: 1, get_peers: 1, sample_infohashes: 0 });
    expect(dht.queriesAnswered).toBe(2);
  });
});
