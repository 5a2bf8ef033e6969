// The window's call about the crawl: history, rates against their limits, disk, who answers.
import { statfs } from 'node:fs/promises';
import type { Clock } from '../base/clock.ts';
import type { CrawlHistory } from '../session/crawl-history.ts';
import type { Session } from '../session/session.ts';
import type { SessionStatus } from '../session/session-contract.ts';
import type { CrawlDto } from '../../preload/crawl-contract.ts';
import type { DataFolders } from './data-folders.ts';
import type { CallHandlers } from './ipc-handlers.ts';
import type { SettingsFile } from './settings-file.ts';

interface Parts {
  readonly clock: Clock;
  readonly session: Session;
  readonly history: CrawlHistory;
  readonly settings: SettingsFile;
  readonly folders: DataFolders;
}

export function crawlCalls({ clock, session, history, settings, folders }: Parts): Pick<CallHandlers, 'getCrawl'> {
  return {
    getCrawl: async () => {
      const nowMs = clock.nowMs();
      const { status } = session;
      return {
        minutes: history.minutes(nowMs),
        now: rates(status, history.packetsPerSecond(nowMs)),
        disk: {
          usedBytes: status.databaseBytes,
          quotaBytes: settings.settings.quotaBytes,
          freeBytes: await freeBytes(folders.dataDir),
        },
        clientVersions: (status.counters?.clientVersions ?? []).map((row) => ({
          name: row.text,
          asked: row.asked,
          answered: row.answered,
          infohashes: row.infohashes,
          fresh: row.newInfohashes,
        })),
      };
    },
  };
}

function rates({ engine, counters }: SessionStatus, packetsPerSecond: number): CrawlDto['now'] {
  if (engine === null || counters === null) return null;
  const { dht, metadata, budget, scrape, store } = counters;
  const pace = scrape[0]?.pace ?? null;
  return {
    newAddresses: { perSecond: dht.newAddressesPerSecond, ceilingPerSecond: budget.newAddressesPerSecond },
    packets: { perSecond: packetsPerSecond, ceilingPerSecond: budget.packetsPerSecond },
    connections: { perSecond: metadata.dialledPerMinute / 60, ceilingPerSecond: budget.newConnectionsPerSecond },
    // With IPv6 each of the two has a share of its own.
    allowedNewAddressesPerSecond: scrape.reduce((sum, family) => sum + family.pace.newAddressesPerSecond, 0),
    pace: pace?.state ?? null,
    lastSignal: pace?.lastSignal ?? null,
    lastSignalAgoSeconds: pace?.lastSignalAgoSeconds ?? null,
    replyRatio: pace?.replyRatio ?? null,
    queriesReceived: Object.values(dht.queriesReceivedBy).reduce((sum, count) => sum + count, 0),
    torrentsWaiting: store.waiting,
    uptimeSeconds: Math.round(engine.uptimeMs / 1000),
    ipv6: engine.ipv6,
    nodes4: engine.nodes4,
    nodes6: engine.nodes6,
    port: engine.port,
  };
}

/** Null where the system does not say. */
async function freeBytes(folder: string): Promise<number | null> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch {
    return null;
  }
}
