// A page may end before anything was found in the time that it has.
import type { LanternfishApi } from '../../preload/ipc-contract.ts';
import { PAGE_ROWS } from './result-pages.svelte.ts';

type Request = Parameters<LanternfishApi['search']>[0];

/** Goes on until there are rows, or no more of them, or `isLatest` says that another search has begun. */
export async function askUntilRows(
  api: LanternfishApi,
  request: Request,
  isLatest: () => boolean,
): ReturnType<LanternfishApi['search']> {
  let answer = await api.search(request);
  while (answer.ok && answer.value?.rows.length === 0 && answer.value.nextCursor !== null && isLatest()) {
    answer = await api.search({ ...request, limit: PAGE_ROWS, isFast: false, cursor: answer.value.nextCursor });
  }
  return answer;
}
