// Texts of a command line as values of the engine. Used by the desktop app and by the terminal command.
import { isIP } from 'node:net';
import type { EngineOptions } from './engine-contract.ts';

/** `HOST:PORT`, `1.2.3.4:PORT` or `[v6]:PORT` as a bootstrap address, or null. */
export function parseContact(text: string): EngineOptions['bootstrap'][number] | null {
  const parts = /^(?:\[([0-9a-f:.]+)\]|([^:[\]\s]+)):(\d{1,5})$/i.exec(text);
  if (!parts) return null;
  const [, v6, name, portText] = parts;
  const port = Number(portText);
  if (port < 1 || port > 65535) return null;
  if (v6 !== undefined) return isIP(v6) === 6 ? { host: v6, port } : null;
  // Digits and dots alone are an address or a slip, never a name.
  if (name === undefined || (/^[\d.]+$/.test(name) && isIP(name) !== 4)) return null;
  return { host: name, port };
}
