// The best of very many in small steps: sorting 200,000 at once would keep a keystroke waiting for a tenth of a second.

const STEP_ITEMS = 2000;

/** At most `limit` of `items`, highest key first (whole numbers); of equal keys in the order in which they came. */
export function* highestFirst<Item>(
  items: Iterable<Item>,
  keyOf: (item: Item) => number,
  limit: number,
): Generator<void, Item[]> {
  const byKey = new Map<number, Item[]>();
  let sinceStep = 0;
  for (const item of items) {
    const key = keyOf(item);
    const alike = byKey.get(key);
    if (alike === undefined) byKey.set(key, [item]);
    else alike.push(item);
    if (++sinceStep % STEP_ITEMS === 0) yield;
  }
  const highest: Item[] = [];
  for (const key of [...byKey.keys()].sort((a, b) => b - a)) {
    for (const item of byKey.get(key)!) {
      if (highest.length === limit) return highest;
      highest.push(item);
    }
    if (++sinceStep % STEP_ITEMS === 0) yield;
  }
  return highest;
}
