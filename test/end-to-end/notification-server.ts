// Stands in for a desktop's notifications: owns their name on the session bus, so that what the app shows comes to us, and
// clicks like a person does (Desktop Notifications specification).
import * as dbus from '@jellybrick/dbus-next';

const SERVICE = 'org.freedesktop.Notifications';
const PATH = '/org/freedesktop/Notifications';

export interface ShownNotification {
  readonly id: number;
  readonly title: string;
  readonly body: string;
}

export interface NotificationServer {
  /** In the order they came. */
  readonly shown: readonly ShownNotification[];
  click(id: number): void;
  stop(): void;
}

/** Shows the notifications of this session bus. Rejects when there is no bus. */
export async function startNotificationServer(): Promise<NotificationServer> {
  const bus = dbus.sessionBus();
  const shown: ShownNotification[] = [];
  bus.addMethodHandler((message) => {
    if (message.path !== PATH) return false;
    const answer = (signature: string, body: unknown[]): boolean => {
      bus.send(dbus.Message.newMethodReturn(message, signature, body));
      return true;
    };
    switch (message.member) {
      case 'GetCapabilities':
        return answer('as', [['actions', 'body', 'body-markup']]);
      case 'GetServerInformation':
        return answer('ssss', ['test', 'Lanternfish', '1', '1.2']);
      case 'CloseNotification':
        return answer('', []);
      case 'Notify': {
        const [, , , title, body] = message.body as [string, number, string, string, string];
        const id = shown.length + 1;
        shown.push({ id, title, body });
        return answer('u', [id]);
      }
      default:
        return false;
    }
  });
  await bus.requestName(SERVICE, 0);
  return {
    shown,
    click: (id) => {
      bus.send(dbus.Message.newSignal(PATH, SERVICE, 'ActionInvoked', 'us', [id, 'default']));
    },
    stop: () => {
      bus.disconnect();
    },
  };
}
