// Hands a magnet link of ours to the system's own client.
import { app, shell } from 'electron';
import type { Log } from '../base/log.ts';

/** Opens `link` with whatever the system uses for magnets; false when there is nothing, or when that would be ourselves. */
export async function openMagnetLink(link: string, log: Log): Promise<boolean> {
  if (new URL(link).protocol !== 'magnet:' || app.isDefaultProtocolClient('magnet')) return false;
  try {
    await shell.openExternal(link);
    return true;
  } catch (error) {
    // The system has no client for magnets, or it would not start: the person is offered the link instead.
    log.warn(`The magnet link was not opened: ${error instanceof Error ? error.message : String(error)}`);
    return false;
  }
}
