// What is asked of the search thread beside searches: each is answered in one go of a few milliseconds at most.
import type { SearchCommand, SearchEvent } from './store-contract.ts';
import type { StoreSearch } from './store-search.ts';

type QuickRequest = Exclude<Extract<SearchCommand, { readonly requestId: number }>, { readonly box: string }>;

export function quickAnswer(search: StoreSearch, request: QuickRequest): SearchEvent {
  const { requestId } = request;
  switch (request.type) {
    case 'suggest':
      return { type: 'suggestions', requestId, titles: search.suggest(request.text, request.hidesAdult) };
    case 'details':
      return { type: 'details', requestId, details: search.details(request.infohashHex) };
    case 'variants':
      return { type: 'variants', requestId, rows: search.variants(request.infohashHex, request.hidesAdult) };
    case 'links':
      return { type: 'links', requestId, links: search.links(request.infohashesHex) };
  }
}
