// Figures as words, for the benchmark of the window.

/** The value below which `part` of them lie; 0 of none. */
export const partOf = (values: readonly number[], part: number): number =>
  [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) * part)] ?? 0;
export const median = (values: readonly number[]): number => partOf(values, 0.5);
export const spread = (values: readonly number[]): string =>
  `median ${ms(partOf(values, 0.5))}, p99 ${ms(partOf(values, 0.99))}, longest ${ms(partOf(values, 1))}`;
export const ms = (value: number): string => `${value.toFixed(value < 10 ? 1 : 0)} ms`;
export const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;
export const verdict = (isReached: boolean, goal: string): string =>
  `(goal: ${goal}${isReached ? ', reached' : ', NOT REACHED'})`;
