// What a person may paste into a report: versions, state, counters and the end of the log. No address of anybody, no
// infohash, no search text, no name of a torrent, no folder of this computer.
import type { SessionStatus } from '../session/session-contract.ts';

export interface DiagnosticsParts {
  /** `name: value` lines about program and system. */
  readonly facts: Readonly<Record<string, string>>;
  readonly status: SessionStatus;
  /** Yes-or-no and number settings only; texts may be personal. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly logLines: readonly string[];
}

/** As text, for the clipboard. */
export function diagnosticsText({ facts, status, settings, logLines }: DiagnosticsParts): string {
  const { engine, counters, notice, problem, ...figures } = status;
  const sections: [string, readonly string[]][] = [
    ['Lanternfish diagnostics', Object.entries(facts).map(([name, value]) => `${name}: ${value}`)],
    ['Settings', plain(settings)],
    ['State', [...plain({ ...figures, problem, notice, ...withoutIdentity(engine) })]],
    ['Counters', counters === null ? ['none yet'] : plain(counters)],
    ['Log', logLines],
  ];
  const text = sections.map(([title, lines]) => [`# ${title}`, ...lines.map(redact)].join('\n')).join('\n\n');
  return `${text}\n`;
}

/** Our own address in the DHT is nobody else's business either. */
function withoutIdentity(engine: SessionStatus['engine']): object {
  if (engine === null) return {};
  const { nodeIdHex: _nodeId, port: _port, ...rest } = engine;
  return rest;
}

/** `a.b: value` for each number, switch and short word in `values`, as deep as it goes. */
function plain(values: object, prefix = ''): string[] {
  return Object.entries(values).flatMap(([name, value]: [string, unknown]) => {
    const path = prefix === '' ? name : `${prefix}.${name}`;
    if (typeof value === 'object' && value !== null) return plain(value, path);
    if (typeof value === 'number' || typeof value === 'boolean' || value === null) return [`${path}: ${value}`];
    return typeof value === 'string' ? [`${path}: ${value}`] : [];
  });
}

/** Removes from a line what could tell who or what: addresses, infohashes, quoted texts, folders. */
export function redact(line: string): string {
  return line
    .replace(/"[^"\n]*"/g, '"…"')
    .replace(/\b[0-9a-f]{16,}\b/gi, '<hash>')
    .replace(/\b\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?\b/g, '<address>')
    .replace(/\[?(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}(?:%\w+)?\]?(?::\d{1,5})?/gi, keepTimes)
    .replace(/[a-z][\w+.-]*:\/\/[^\s)]+/gi, '<link>')
    .replace(/magnet:\S+/gi, '<link>')
    .replace(/(?:[a-z]:)?(?:[\\/][^\s\\/:'")]+){2,}/gi, (path) => `<folder>/${path.split(/[\\/]/).at(-1) ?? ''}`);
}

/** `12:34:56` at the start of a log line and `:12:3` behind a file look like addresses and are none. */
function keepTimes(text: string): string {
  return /^\d{0,6}:\d{1,6}(:\d{1,6})?$/.test(text) ? text : '<address>';
}
