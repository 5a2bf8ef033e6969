// The production engine (but for its thread) in the living network: node, scraper, metadata, saved tables in a real folder,
// seeders behind a DialPeer, and a store that only counts.
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fromHex } from '../../main/base/bytes.ts';
import type { Contact } from '../../main/base/contact.ts';
import type { Log } from '../../main/base/log.ts';
import { memoryPorts } from '../../main/base/port.ts';
import { createSeededRandom, type Random } from '../../main/base/random.ts';
import { Discovery, SAVE_EVERY_MS } from '../../main/engine/discovery.ts';
import type { EngineToWriter, WriterToEngine } from '../../main/store/store-contract.ts';
import { breathe } from '../engine/discovery-rig.ts';
import { SimulatedClock } from '../simulation/simulated-clock.ts';
import { SimulatedSeeders } from '../simulation/simulated-seeders.ts';
import { LivingNetwork, ROUTER, SELF_HOST, type LivingNetworkOptions } from './living-network.ts';
import { Manners } from './manners.ts';

export const MINUTE_MS = 60_000;
const STEP_MS = 1_000;
const VISIT_EVERY_MS = 2_000;

export interface LivingWorldOptions extends LivingNetworkOptions {
  readonly seed: number;
}

export class LivingWorld {
  readonly clock = new SimulatedClock();
  readonly random: Random;
  readonly network: LivingNetwork;
  readonly manners = new Manners();
  readonly discovery: Discovery;
  readonly folder = mkdtempSync(path.join(tmpdir(), 'lanternfish-living-'));
  readonly warnings = new Map<string, number>();
  readonly seeders: LivingSeeders;
  storedCount = 0;
  saveCount = 0;
  #savedAtMs = 0;
  #lastSaveMtimeMs = 0;

  constructor({ seed, ...options }: LivingWorldOptions) {
    this.random = createSeededRandom(seed);
    this.network = new LivingNetwork(this.clock, this.random, options);
    this.network.onSent = (message, to) => this.manners.judge(message, to, this.clock.nowMs());
    this.seeders = new LivingSeeders(this.clock, this.network);
    const warn = (text: string): void => {
      const kind = text.replaceAll(/\d+/g, 'N');
      this.warnings.set(kind, (this.warnings.get(kind) ?? 0) + 1);
    };
    const log: Log = { info: () => undefined, warn, error: warn };
    this.discovery = new Discovery(
      {
        clock: this.clock,
        random: createSeededRandom(seed + 1),
        log,
        openSocket: this.network.openSocket,
        resolveHost: () => Promise.reject(new Error('nothing is looked up here')),
        dialTcp: this.seeders.dial,
      },
      {
        dataDir: this.folder,
        bootstrap: [ROUTER],
        bindHost: SELF_HOST,
        port: 0,
        pace: 'balanced',
        isServing: true,
        localAddressesAllowed: false,
        startPaused: false,
      },
    );
  }

  async start(): Promise<void> {
    this.#joinStore();
    await this.discovery.start();
    this.clock.setRepeating(MINUTE_MS, () => this.network.passMinute());
    this.clock.setRepeating(VISIT_EVERY_MS, () => this.network.visit());
  }

  /** Lets time pass, with room for messages every second and for files every minute. */
  async pass(durationMs: number): Promise<void> {
    for (let passedMs = 0; passedMs < durationMs; passedMs += STEP_MS) {
      this.clock.advance(Math.min(STEP_MS, durationMs - passedMs));
      await Promise.resolve();
      if (this.clock.nowMs() % MINUTE_MS < STEP_MS) await breathe();
      if (this.clock.nowMs() - this.#savedAtMs >= SAVE_EVERY_MS) await this.#untilSaved();
    }
  }

  async stop(): Promise<void> {
    await this.discovery.stop();
    rmSync(this.folder, { recursive: true });
  }

  /** Real disks are slower than simulated minutes: without waiting, states would pile up that no real day piles up. */
  async #untilSaved(): Promise<void> {
    this.#savedAtMs = this.clock.nowMs();
    for (let tries = 0; tries < 2_000; tries++) {
      const mtimeMs = statSync(path.join(this.folder, 'dht-state.benc'), { throwIfNoEntry: false })?.mtimeMs ?? 0;
      if (mtimeMs > this.#lastSaveMtimeMs) {
        this.#lastSaveMtimeMs = mtimeMs;
        this.saveCount++;
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  #joinStore(): void {
    const [engineEnd, end] = memoryPorts<WriterToEngine, EngineToWriter>();
    end.on((message) => {
      if (message.type === 'store') {
        this.storedCount += message.torrents.length;
        end.post({ type: 'stored', storedCount: message.torrents.length, waitingCount: 0 });
      } else if (message.type === 'are-known') {
        const { questionId, infohashes } = message;
        end.post({ type: 'known', questionId, isKnown: new Uint8Array(infohashes.length / 20) });
      } else if (message.type === 'warm-up') {
        end.post({ type: 'warm-up', infohashes: new Uint8Array(0), isLast: true });
      }
    });
    this.discovery.connectStore(engineEnd);
  }
}

/** A third has what was asked for, a third refuses, a third never answers. */
class LivingSeeders extends SimulatedSeeders {
  readonly #network: LivingNetwork;

  constructor(clock: SimulatedClock, network: LivingNetwork) {
    super(clock, []);
    this.#network = network;
  }

  protected override infoOf(infohashHex: string): Uint8Array | null {
    return this.#network.torrentOf(fromHex(infohashHex)!)?.info ?? null;
  }

  protected override answers({ host }: Contact): boolean {
    return Number(host.split('.')[2]) % 3 > 0;
  }

  protected override has({ host }: Contact): boolean {
    return Number(host.split('.')[2]) % 3 === 1;
  }

  protected override noteDial(): void {
    this.dialledCount++;
  }
}
