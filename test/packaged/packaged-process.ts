// The packaged app as a process: started without any help of the source tree, driven over its window's own port.
import type { ChildProcess } from 'node:child_process';

/** The environment of somebody who never saw the source tree. */
export function withoutHelp(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^(LANTERNFISH_|ELECTRON_|NODE_|npm_)/.test(name)));
}

/** Where the window of `child`, started with --remote-debugging-port=0, can be driven from. */
export function debuggingAddress(child: ChildProcess, onOutput: (text: string) => void): Promise<string> {
  return new Promise((resolve, reject) => {
    let all = '';
    const read = (chunk: Buffer): void => {
      all += chunk.toString();
      onOutput(chunk.toString());
      const address = /DevTools listening on (ws:\S+)/.exec(all)?.[1];
      if (address) resolve(address);
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.once('exit', (code, signal) => {
      reject(new Error(`the packaged app ended (${code ?? signal}):\n${all}`));
    });
    child.once('error', reject);
  });
}
