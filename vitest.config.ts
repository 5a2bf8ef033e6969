// Five projects, because they need different things of the machine. `npm test` runs them in turn (scripts/test.mjs);
// `npx vitest run test/<room>` runs the files of one room, whichever project they belong to.
//   unit        everything that needs Node only; files run in parallel
//   long        simulated days and millions of datagrams: minutes of one core; one file at a time
//   real-peers  against libtorrent on loopback; one file at a time, since the sessions share the machine's two cores
//   end-to-end  the real Electron window; one at a time, under a display and a session bus
//   packaged    the app as electron-builder leaves it; one at a time
import { compileModule } from 'svelte/compiler';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';
import { nativeUdpEnvironment } from './scripts/native-udp.mjs';

// Whatever the tests start inherits it.
Object.assign(process.env, await nativeUdpEnvironment());

const APART = ['long', 'real-peers', 'end-to-end', 'packaged'] as const;

export default defineConfig({
  test: {
    projects: [
      {
        plugins: [runesInNode()],
        ssr: { resolve: { conditions: ['browser'] } },
        test: {
          name: 'unit',
          include: ['test/**/*.test.{ts,mjs}'],
          exclude: APART.map((folder) => `test/${folder}/**`),
          testTimeout: 20_000,
          server: { deps: { inline: [/[\\/]node_modules[\\/]svelte[\\/]/] } },
        },
      },
      ...APART.map((name) => ({
        test: {
          name,
          include: [`test/${name}/**/*.test.{ts,mjs}`],
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      })),
    ],
  },
});

/**
 * Controllers (`.svelte.ts`) are tested without a page, yet in Svelte's client half: in the server half, which the usual
 * plugin picks outside a browser, effects never run.
 */
function runesInNode(): Plugin {
  return {
    name: 'runes-in-node',
    enforce: 'post', // after the types are stripped
    transform(code, id) {
      const filename = id.split('?')[0] ?? id;
      if (!/\.svelte(\.test)?\.(ts|js)$/.test(filename)) return null;
      const { js } = compileModule(code, { filename, generate: 'client', dev: true });
      return { code: js.code, map: js.map };
    },
  };
}
