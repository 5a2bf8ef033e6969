// Starting with the computer, hidden in the tray. macOS and Windows have a switch in Electron; Linux wants a file (XDG autostart).
import { app } from 'electron';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';

/** False for a run from source and inside snap or flatpak, where the entry would point nowhere. */
export function canStartWithComputer(): boolean {
  return app.isPackaged && process.env['SNAP'] === undefined && process.env['FLATPAK_ID'] === undefined;
}

/** Registers or removes this program as one that starts at log-in. Rejects when the entry cannot be written. */
export async function setStartWithComputer(isWanted: boolean): Promise<void> {
  if (!canStartWithComputer()) return;
  if (process.platform !== 'linux') {
    app.setLoginItemSettings({ openAtLogin: isWanted, args: ['--hidden'] });
    return;
  }
  const configHome = process.env['XDG_CONFIG_HOME'] ?? path.join(homedir(), '.config');
  const file = path.join(configHome, 'autostart', 'lanternfish.desktop');
  if (!isWanted) {
    await rm(file, { force: true });
    return;
  }
  const program = process.env['APPIMAGE'] ?? process.execPath;
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, desktopEntry(program), { mode: 0o644 });
}

/** Desktop Entry Specification, "The Exec key": a quoted argument escapes `"`, `` ` ``, `$` and `\`; `%` is doubled. */
function desktopEntry(program: string): string {
  const quoted = program.replace(/["`$\\]/g, String.raw`\$&`).replaceAll('%', '%%');
  return [
    '[Desktop Entry]',
    'Type=Application',
    'Name=Lanternfish',
    `Exec="${quoted}" --hidden`,
    'Terminal=false',
    '',
  ].join('\n');
}
