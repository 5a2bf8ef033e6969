// Minutes of a day as a time field writes them.

/** 75 is '01:15'. */
export function timeText(minute: number): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${two(Math.floor(minute / 60))}:${two(minute % 60)}`;
}

/** '01:15' is 75; null: no time of a day. */
export function minuteOf(text: string): number | null {
  const parts = /^(\d{2}):(\d{2})/.exec(text);
  if (!parts) return null;
  const minute = Number(parts[1]) * 60 + Number(parts[2]);
  return minute < 24 * 60 ? minute : null;
}
