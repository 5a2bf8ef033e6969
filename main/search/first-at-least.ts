// Looks a value up in rising numbers: ids, times.

/** Where the first of the rising `values` is that is not below `value`. */
export function firstAtLeast(values: Uint32Array, value: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (values[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
