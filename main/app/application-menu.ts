// The menu bar: macOS cannot be without one (copy and paste live there); elsewhere the window has its own controls.
import { Menu, type MenuItemConstructorOptions } from 'electron';
import type { TransferCommandName } from '../../preload/transfer-contract.ts';

/** `onTransfer`: export, import, backup or restore was chosen. */
export function applicationMenu(onTransfer: (command: TransferCommandName) => void): void {
  const isMac = process.platform === 'darwin';
  Menu.setApplicationMenu(
    isMac
      ? Menu.buildFromTemplate([
          { role: 'appMenu' },
          { label: 'File', submenu: fileMenu(onTransfer) },
          { role: 'editMenu' },
          { role: 'windowMenu' },
        ])
      : null,
  );
}

function fileMenu(onTransfer: (command: TransferCommandName) => void): MenuItemConstructorOptions[] {
  const entry = (label: string, command: TransferCommandName, accelerator?: string): MenuItemConstructorOptions => ({
    label,
    ...(accelerator === undefined ? {} : { accelerator }),
    click: () => {
      onTransfer(command);
    },
  });
  return [
    entry('Import…', 'import', 'Command+O'),
    entry('Export…', 'export', 'Command+E'),
    { type: 'separator' },
    entry('Back Up…', 'backup'),
    entry('Restore…', 'restore'),
    { type: 'separator' },
    { role: 'close' },
  ];
}
