// The one place that touches `window.lanternfish`, the functions that preload put there. Everything else is handed an
// api, so that tests and the preview hand in their own.
import type { LanternfishApi } from '../preload/ipc-contract.ts';

declare global {
  interface Window {
    readonly lanternfish?: LanternfishApi;
  }
}

/** Throws where preload did not run: then nothing in this window can work, and saying so early is the kind thing. */
export function connectedApi(): LanternfishApi {
  const api = window.lanternfish;
  if (!api) throw new Error('window.lanternfish is missing: preload.ts did not run');
  return api;
}
