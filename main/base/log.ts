// What the app tells the person who reads its log. Handed in; never called per packet.
// Callers leave out addresses of other people and search texts.

export interface Log {
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

export const silentLog: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** Writes `HH:MM:SS level message` lines through `write` (one call a line, newline included). */
export function createTextLog(write: (line: string) => void, nowUnixSeconds: () => number): Log {
  const line = (level: string) => (message: string) =>
    write(`${new Date(nowUnixSeconds() * 1000).toISOString().slice(11, 19)} ${level} ${message}\n`);
  return { info: line('info'), warn: line('warn'), error: line('error') };
}

/** Hands every message on with its level: how a worker thread logs through its owner. */
export function createForwardingLog(forward: (level: keyof Log, message: string) => void): Log {
  const line = (level: keyof Log) => (message: string) => forward(level, message);
  return { info: line('info'), warn: line('warn'), error: line('error') };
}
