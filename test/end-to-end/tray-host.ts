// Stands in for a desktop's panel: owns the StatusNotifierWatcher name on the session bus, so that Chromium shows its tray
// icon to us, and reads and clicks the menu as a panel does (StatusNotifierItem and com.canonical.dbusmenu specifications).
import * as dbus from '@jellybrick/dbus-next';

const WATCHER = 'org.kde.StatusNotifierWatcher';
const ITEM = 'org.kde.StatusNotifierItem';
const MENU = 'com.canonical.dbusmenu';
const POLL_MS = 50;

export interface TrayIcon {
  tooltip(): Promise<string>;
  /** Labels of the menu, separators left out. */
  labels(): Promise<string[]>;
  /** Clicks the entry with this label; throws when there is none or it is greyed out. */
  choose(label: string): Promise<void>;
  /** Resolves when the menu has an entry with this label. */
  waitForLabel(label: string, limitMs: number): Promise<void>;
}

export interface TrayHost {
  /** The icon that was registered last, once there is one. */
  icon(limitMs: number): Promise<TrayIcon>;
  stop(): void;
}

interface MenuEntry {
  readonly id: number;
  readonly label: string;
  readonly isEnabled: boolean;
}

/** Becomes the tray of this session bus. Rejects when there is no bus. */
export async function startTrayHost(): Promise<TrayHost> {
  const bus = dbus.sessionBus();
  const services: string[] = [];
  const properties: Record<string, () => dbus.Variant> = {
    IsStatusNotifierHostRegistered: () => new dbus.Variant('b', true),
    RegisteredStatusNotifierItems: () => new dbus.Variant('as', services),
    ProtocolVersion: () => new dbus.Variant('i', 0),
  };
  bus.addMethodHandler((message) => {
    if (message.path !== '/StatusNotifierWatcher') return false;
    const answer = (signature: string, body: unknown[]): boolean => {
      bus.send(dbus.Message.newMethodReturn(message, signature, body));
      return true;
    };
    const [first, second] = message.body as [string, string];
    const property = message.member === 'Get' ? properties[second] : undefined;
    if (property) return answer('v', [property()]);
    if (message.member === 'RegisterStatusNotifierHost') return answer('', []);
    if (message.member !== 'RegisterStatusNotifierItem') return false;
    services.push(first.startsWith('/') ? message.sender : first);
    return answer('', []);
  });
  await bus.requestName(WATCHER, 0);

  const call = async (
    service: string,
    path: string,
    iface: string,
    member: string,
    signature: string,
    body: unknown[],
  ) => {
    const message = new dbus.Message({ destination: service, path, interface: iface, member, signature, body });
    const reply = await bus.call(message);
    return reply?.body ?? [];
  };
  return {
    icon: async (limitMs) => {
      await until(() => services.length > 0, limitMs, 'a tray icon');
      return trayIcon(services.at(-1)!, call);
    },
    stop: () => {
      bus.disconnect();
    },
  };
}

type Call = (
  service: string,
  path: string,
  iface: string,
  member: string,
  signature: string,
  body: unknown[],
) => Promise<unknown[]>;

function trayIcon(service: string, call: Call): TrayIcon {
  const entries = async (): Promise<MenuEntry[]> => {
    const [, layout] = await call(service, '/com/canonical/dbusmenu', MENU, 'GetLayout', 'iias', [0, -1, []]);
    const children = (layout as [number, unknown, dbus.Variant[]])[2];
    return children.map((child) => {
      const [id, facts] = child.value as [number, Record<string, dbus.Variant | undefined>];
      const label = facts['label']?.value;
      return { id, label: typeof label === 'string' ? label : '', isEnabled: facts['enabled']?.value !== false };
    });
  };
  const labels = async (): Promise<string[]> => (await entries()).map((entry) => entry.label).filter(Boolean);
  return {
    tooltip: async () => {
      const path = '/StatusNotifierItem';
      const [tooltip] = await call(service, path, 'org.freedesktop.DBus.Properties', 'Get', 'ss', [ITEM, 'ToolTip']);
      return String(((tooltip as dbus.Variant).value as unknown[])[2]);
    },
    labels,
    choose: async (label) => {
      // Ids change whenever the app sets its menu anew: look the entry up at the last moment.
      const entry = (await entries()).find((candidate) => candidate.label === label);
      if (!entry?.isEnabled) throw new Error(`the tray menu has no live entry "${label}"`);
      const body = [entry.id, 'clicked', new dbus.Variant('i', 0), 0];
      await call(service, '/com/canonical/dbusmenu', MENU, 'Event', 'isvu', body);
    },
    waitForLabel: (label, limitMs) =>
      until(async () => (await labels()).includes(label), limitMs, `the tray menu entry "${label}"`),
  };
}

/** Polls until `isTrue`; rejects after `limitMs`, naming what was waited for. */
export async function until(isTrue: () => boolean | Promise<boolean>, limitMs: number, what: string): Promise<void> {
  const endMs = performance.now() + limitMs;
  while (!(await isTrue())) {
    if (performance.now() > endMs) throw new Error(`${what} did not come within ${limitMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
