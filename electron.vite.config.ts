// Builds what Electron loads: four ESM files of the main process (window and the three workers), one CommonJS preload, and
// the window's page. The targets are those of the oldest runtime we start on, the Electron 33 of tests; 45 runs them as well.
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'electron-vite';
import { resolve } from 'node:path';
import { licencesFile, LISTED_IN } from './scripts/licences.mjs';

const at = (path: string): string => resolve(import.meta.dirname, path);

const NODE_TARGET = 'node20.18';
const CHROMIUM_TARGET = 'chrome130';
/** Stays outside the bundles: it is native code, found beside them. Everything else is bundled. */
const NATIVE = ['better-sqlite3'];
const licences = licencesFile({ root: import.meta.dirname, external: NATIVE });
/** Each bundle lists what it holds. */
const license = { fileName: LISTED_IN };

export default defineConfig({
  main: {
    plugins: [licences],
    build: {
      license,
      target: NODE_TARGET,
      outDir: at('out/main'),
      externalizeDeps: false,
      rolldownOptions: {
        external: NATIVE,
        // The names are an agreement: main.ts starts the workers as files beside itself.
        input: {
          main: at('main/main.ts'),
          'engine-worker': at('main/engine/engine-worker.ts'),
          'writer-worker': at('main/store/writer-worker.ts'),
          'search-worker': at('main/store/search-worker.ts'),
          'transfer-worker': at('main/transfer/transfer-worker.ts'),
        },
        output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: 'shared/[name]-[hash].js' },
      },
    },
  },
  preload: {
    plugins: [licences],
    build: {
      license,
      target: NODE_TARGET,
      outDir: at('out/preload'),
      // A sandboxed preload is a plain script: one file, and only 'electron' may be required from it.
      externalizeDeps: false,
      rolldownOptions: {
        input: { preload: at('preload/preload.ts') },
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
  renderer: {
    root: at('renderer'),
    plugins: [svelte(), licences],
    build: {
      license,
      target: CHROMIUM_TARGET,
      outDir: at('out/renderer'),
      // The page is read from this disk: one hint less in the HTML, and no inline data that the CSP would have to allow.
      minify: true,
      modulePreload: { polyfill: false },
      assetsInlineLimit: 0,
      rolldownOptions: { input: at('renderer/index.html') },
    },
  },
});
