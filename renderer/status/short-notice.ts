// What fits into the status bar of a sentence about the runtime: its beginning, up to where it starts to explain. Pure.

/** 'Test runtime: Electron 33.2.1' of 'Test runtime: Electron 33.2.1 from npm (unknown publisher), because ...'. */
export function shortNotice(notice: string): string {
  return /^.+?(?= from | \(|[,.;](?:\s|$)|$)/.exec(notice)?.[0] ?? notice;
}
