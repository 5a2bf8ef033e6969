// How much of a list is loaded, and how often what arrives is looked at.
import { PAGE_ROWS } from './result-pages.svelte.ts';

/** Of a list that can only be read page after page: beyond this a person adds a word instead of scrolling. */
export const LOADED_ROWS_MAX = 10_000;
/** The list asks for more when this many rows are left below the last one drawn. */
export const LOAD_AHEAD_ROWS = 30;
/** Until this many rows are there, the first screen fills by itself; then arrivals wait behind the pill. */
export const FILL_ROWS = 20;
/** A search without results asks again at most this often while torrents arrive. */
export const ASK_AGAIN_EVERY_MS = 2000;
/** Figures (results, types) follow what arrives at most this often; the rows stay. */
export const COUNT_AGAIN_EVERY_MS = 3000;
/** While somebody types, what follows the first page waits so long for the next key: typed quickly, keys come every 100 ms. */
export const REST_AFTER_MS = 150;
/** Of a search that is being typed: those in sight, and some that are drawn beyond them. */
const FIRST_ROWS_MIN = 40;
const FIRST_ROWS_MORE = 10;
export const firstRows = (inSight: number): number =>
  Math.min(PAGE_ROWS, Math.max(FIRST_ROWS_MIN, inSight + FIRST_ROWS_MORE));
