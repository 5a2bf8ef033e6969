// One way for two threads to talk, whatever they are: worker threads today, a utility process or memory tomorrow.
// The two sides agree on message types in a contract file; a port itself checks nothing.
import type { MessagePort, Transferable, Worker } from 'node:worker_threads';

export interface Port<Incoming, Outgoing> {
  /** Sends `message`; the buffers in `transfer` move instead of being copied. After close() it does nothing. */
  post(message: Outgoing, transfer?: readonly Transferable[]): void;
  /** Sets the one receiver. Messages wait until there is one. */
  on(receive: (message: Incoming) => void): void;
  close(): void;
}

/** A port over a worker thread's end, a Worker seen from its parent, or one half of a MessageChannel. */
export function threadPort<Incoming, Outgoing>(end: MessagePort | Worker): Port<Incoming, Outgoing> {
  let isOpen = true;
  return {
    post: (message, transfer) => {
      if (isOpen) end.postMessage(message, transfer ?? []);
    },
    on: (receive) => {
      end.on('message', receive);
    },
    close: () => {
      isOpen = false;
      if ('close' in end) end.close();
    },
  };
}

/** Two joined ports in one thread, for tests: messages are cloned and arrive in a later microtask, in order. */
export function memoryPorts<Left, Right>(): [Port<Left, Right>, Port<Right, Left>] {
  const left = createEnd<Left>();
  const right = createEnd<Right>();
  return [
    { post: (message) => right.deliver(structuredClone(message)), on: left.on, close: left.close },
    { post: (message) => left.deliver(structuredClone(message)), on: right.on, close: right.close },
  ];
}

function createEnd<Message>() {
  let receiver: ((message: Message) => void) | null = null;
  let isOpen = true;
  const waiting: Message[] = [];
  return {
    deliver: (message: Message) =>
      queueMicrotask(() => {
        if (!isOpen) return;
        if (receiver) receiver(message);
        else waiting.push(message);
      }),
    on: (receive: (message: Message) => void) => {
      receiver = receive;
      for (const message of waiting.splice(0)) receive(message);
    },
    close: () => {
      isOpen = false;
    },
  };
}
