// The command line of the headless crawler as values, or a sentence that says what is wrong with it.
import path from 'node:path';
import { isIP } from 'node:net';
import { parseArgs } from 'node:util';
import { FORGET_FIRST_RULES, NO_POLICY, type StorePolicy } from '../store/owner-contract.ts';
import { parseContact } from '../engine/engine-arguments.ts';
import {
  DEFAULT_BOOTSTRAP,
  PACES,
  PUBLIC_TRACKERS,
  type EngineOptions,
  type TrackerAddress,
} from '../engine/engine-contract.ts';

export interface HeadlessArguments {
  readonly dataDir: string;
  /** Null: until a signal. */
  readonly forSeconds: number | null;
  readonly isJson: boolean;
  readonly engine: EngineOptions;
  readonly policy: StorePolicy;
}

/** A month: longer than that is a server, and a server runs without --for. */
const FOR_SECONDS_MAX = 31 * 24 * 3600;
/** An empty catalogue with its log and its index of names takes some of it already. */
const QUOTA_BYTES_MIN = 100e6;
const UNIT_BYTES: Readonly<Record<string, number>> = { MB: 1e6, GB: 1e9, TB: 1e12 };

export function headlessUsage(): string {
  return [
    'Usage: npm run headless -- --data-dir DIR [options]',
    '',
    '  --data-dir DIR            where the catalogue and the saved tables lie (made if missing)',
    '  --bootstrap HOST:PORT     a node to begin with; may be given several times (default: public routers)',
    '  --bind ADDRESS            local address to use (default 0.0.0.0, and IPv6 if there is any); a second one for IPv6',
    '  --port N                  local UDP port, 0 to 65535 (default 0: kept from the last run, or any)',
    `  --pace ${PACES.join('|')}   how much to ask of the network (default balanced)`,
    '  --serve                   answer queries as a full node (without it: read-only, BEP 43)',
    '  --trackers                also ask public UDP trackers how many have a torrent (without it: none is asked)',
    '  --tracker HOST:PORT       ask this UDP tracker instead; may be given several times',
    '  --quota SIZE              what the catalogue may take on the disk, such as 500MB, 10GB or 1.5TB (default: no limit)',
    `  --forget-first ${FORGET_FIRST_RULES.join('|')}   what makes room when the quota is reached (default dead)`,
    '  --safety-list FILE        never ask for or store what it names: SHA-256 of each 20-byte infohash, one in hex a line',
    '  --allow-local-addresses   talk to private and loopback addresses too',
    '  --for SECONDS             stop by itself',
    '  --json                    one JSON object a line',
    '',
  ].join('\n');
}

/** Reads `argv` (without node and script). `problem` is one sentence. */
export function parseHeadlessArguments(
  argv: readonly string[],
): HeadlessArguments | { readonly problem: string } | { readonly help: true } {
  let values;
  try {
    ({ values } = parseArgs({
      args: [...argv],
      options: {
        'data-dir': { type: 'string' },
        bootstrap: { type: 'string', multiple: true },
        bind: { type: 'string', multiple: true },
        port: { type: 'string' },
        pace: { type: 'string' },
        serve: { type: 'boolean' },
        trackers: { type: 'boolean' },
        tracker: { type: 'string', multiple: true },
        quota: { type: 'string' },
        'forget-first': { type: 'string' },
        'safety-list': { type: 'string' },
        'allow-local-addresses': { type: 'boolean' },
        for: { type: 'string' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    }));
  } catch (error) {
    // Some of Node's sentences come in several lines.
    return { problem: (error instanceof Error ? error.message : String(error)).replaceAll(/\s*\n\s*/g, ' ') };
  }
  if (values.help) return { help: true };
  const dataDir = values['data-dir'];
  if (!dataDir) return { problem: '--data-dir DIR is missing: say where the catalogue should lie.' };
  const bootstrap: TrackerAddress[] = [];
  const trackers: TrackerAddress[] = [];
  for (const option of ['bootstrap', 'tracker'] as const) {
    for (const text of values[option] ?? []) {
      const contact = parseContact(text);
      if (!contact) return { problem: `--${option} wants HOST:PORT with a port from 1 to 65535, not "${text}".` };
      (option === 'bootstrap' ? bootstrap : trackers).push(contact);
    }
  }
  if (trackers.length === 0 && values.trackers) trackers.push(...PUBLIC_TRACKERS);
  const binds = values.bind ?? ['0.0.0.0'];
  const odd = binds.find((host) => isIP(host) === 0);
  if (odd !== undefined) return { problem: `--bind wants an IP address of this machine, not "${odd}".` };
  const [bindHost = '', bindHost6] = binds.toSorted((a, b) => isIP(a) - isIP(b));
  if (binds.length > 2 || (bindHost6 !== undefined && isIP(bindHost6) === isIP(bindHost)))
    return { problem: '--bind may be given once, or once for IPv4 and once for IPv6.' };
  const port = wholeNumber(values.port ?? '0', 0, 65535);
  if (port === null) return { problem: `--port is a whole number from 0 to 65535, not "${values.port}".` };
  const paceText = values.pace ?? 'balanced';
  const pace = PACES.find((name) => name === paceText);
  if (!pace) return { problem: `--pace is one of ${PACES.join(', ')}, not "${paceText}".` };
  const forSeconds = values.for === undefined ? null : wholeNumber(values.for, 1, FOR_SECONDS_MAX);
  if (values.for !== undefined && forSeconds === null) {
    return { problem: `--for is a whole number of seconds from 1 to ${FOR_SECONDS_MAX}, not "${values.for}".` };
  }
  const quotaBytes = values.quota === undefined ? null : sizeBytes(values.quota);
  if (values.quota !== undefined && (quotaBytes === null || quotaBytes < QUOTA_BYTES_MIN)) {
    return { problem: `--quota is a size from 100MB on, such as 500MB, 10GB or 1.5TB, not "${values.quota}".` };
  }
  const ruleText = values['forget-first'] ?? NO_POLICY.forgetFirst;
  const forgetFirst = FORGET_FIRST_RULES.find((name) => name === ruleText);
  if (!forgetFirst) return { problem: `--forget-first is one of ${FORGET_FIRST_RULES.join(', ')}, not "${ruleText}".` };
  const safetyList = values['safety-list'];
  if (safetyList === '') return { problem: '--safety-list wants the path of a file.' };
  const absolute = path.resolve(dataDir);
  return {
    dataDir: absolute,
    forSeconds,
    isJson: values.json ?? false,
    policy: {
      ...NO_POLICY,
      quotaBytes,
      forgetFirst,
      safetyListPath: safetyList === undefined ? null : path.resolve(safetyList),
    },
    engine: {
      dataDir: absolute,
      bootstrap: bootstrap.length > 0 ? bootstrap : DEFAULT_BOOTSTRAP,
      bindHost,
      ...(bindHost6 === undefined ? {} : { bindHost6 }),
      port,
      pace,
      isServing: values.serve ?? false,
      localAddressesAllowed: values['allow-local-addresses'] ?? false,
      startPaused: false,
      ...(trackers.length > 0 ? { trackers } : {}),
    },
  };
}

function wholeNumber(text: string, least: number, most: number): number | null {
  if (!/^\d{1,10}$/.test(text)) return null;
  const value = Number(text);
  return value >= least && value <= most ? value : null;
}

/** Of '10GB' or '1.5 tb'; null for anything else. */
function sizeBytes(text: string): number | null {
  const [, number, unit] = /^(\d{1,6}(?:\.\d{1,3})?) ?([MGT]B)$/i.exec(text) ?? [];
  const bytesPerUnit = UNIT_BYTES[unit?.toUpperCase() ?? ''];
  return number === undefined || bytesPerUnit === undefined ? null : Math.round(Number(number) * bytesPerUnit);
}
