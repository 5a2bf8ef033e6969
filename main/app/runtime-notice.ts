// Says which Electron the app runs on. Users get the pinned official one; a machine that reaches only package registries
// develops and tests on an older, repackaged one, and that must never go unsaid.

/** A line for the terminal, always. */
export function runtimeLine(): string {
  const { electron, chrome, node } = process.versions;
  const notice = runtimeNotice();
  return `Lanternfish on Electron ${electron} (Chromium ${chrome}, Node ${node})${notice === null ? '' : `. ${notice}`}`;
}

/** A sentence for the window when this is not the official runtime, else null. */
export function runtimeNotice(): string | null {
  return process.env['LANTERNFISH_RUNTIME_NOTICE'] ?? null;
}
