// A notification of the system, where it has any.
import { Notification } from 'electron';

/** Shown ones are held, or they would be collected with their listeners before anybody could click them; the oldest goes. */
const HELD_MAX = 4;
const held: Notification[] = [];

export interface SystemNotice {
  readonly title: string;
  /** Plain text; use `plainLine` for what other people wrote. */
  readonly body: string;
}

/** Shows it; a click calls `onclick`. False where the system has no notifications. */
export function showNotification({ title, body }: SystemNotice, onclick: () => void): boolean {
  if (!Notification.isSupported()) return false;
  const notification = new Notification({ title, body });
  notification.on('click', onclick);
  notification.show();
  held.push(notification);
  if (held.length > HELD_MAX) held.shift();
  return true;
}
