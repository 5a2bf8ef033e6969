// Rows of the table of goals (ARCHITECTURE.md): a figure, its goal, and whether it is reached.

export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

/** Median over the rounds of `numerator / denominator`. */
export function medianRatio(numerators: readonly number[], denominators: readonly number[]): number {
  return median(numerators.map((numerator, round) => numerator / denominators[round]!));
}

export function atMost(what: string, figure: number, goal: number, unit: string): string {
  return row(what, `${short(figure)}${unit}`, `<= ${goal}${unit}`, figure <= goal);
}

export function atLeast(what: string, figure: number, goal: number, unit: string): string {
  return row(what, `${short(figure)}${unit}`, `>= ${goal}${unit}`, figure >= goal);
}

/** What nobody can go below here, measured in the same run: whether the goal is above it. `isAbove`: the goal is to be exceeded. */
export function floor(what: string, figure: number, goal: number, unit: string, isAbove = false): string {
  const isPossible = isAbove ? figure >= goal : figure <= goal;
  const text = `${what.padEnd(72)} ${`${short(figure)}${unit}`.padStart(10)}   goal ${`${isAbove ? '>=' : '<='} ${goal}${unit}`.padEnd(10)}`;
  return `${text} ${isPossible ? '(the floor: possible)' : '(the floor: OUT OF REACH)'}`;
}

function row(what: string, figure: string, goal: string, isReached: boolean): string {
  return `${what.padEnd(72)} ${figure.padStart(10)}   goal ${goal.padEnd(10)} ${isReached ? 'reached' : 'NOT REACHED'}`;
}

function short(figure: number): string {
  if (Math.abs(figure) >= 100) return figure.toFixed(0);
  return figure.toFixed(Math.abs(figure) >= 10 ? 1 : 2);
}
