// The menu bar: macOS cannot be without one (copy and paste live there); elsewhere the window has its own controls.
import { Menu } from 'electron';

export function applicationMenu(): void {
  const isMac = process.platform === 'darwin';
  Menu.setApplicationMenu(
    isMac ? Menu.buildFromTemplate([{ role: 'appMenu' }, { role: 'editMenu' }, { role: 'windowMenu' }]) : null,
  );
}
