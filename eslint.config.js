// Types are checked by tsc and svelte-check, layout by prettier, imports between rooms by test/house-rules.test.ts. This
// file holds what is left: mistakes that compile, and the house's own bans (ARCHITECTURE.md).
import js from '@eslint/js';
import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import ts from 'typescript-eslint';

/** Time and chance are handed in, so that a simulation can own them. `base/clock.ts` and `base/random.ts` are the owners. */
const BANNED_GLOBALS = ['setTimeout', 'setInterval', 'performance'].map((name) => ({
  name,
  message: 'Time is handed in as a Clock (main/base/clock.ts).',
}));
const BANNED_PROPERTIES = [
  { object: 'Date', property: 'now', message: 'Time is handed in as a Clock (main/base/clock.ts).' },
  { object: 'Math', property: 'random', message: 'Randomness is handed in (main/base/random.ts).' },
];
const RANDOM_OF_CRYPTO = ['randomBytes', 'randomFill', 'randomFillSync', 'randomInt', 'randomUUID', 'getRandomValues'];
const BANNED_SYNTAX = [
  {
    selector: 'NewExpression[callee.name="Date"][arguments.length=0]',
    message: 'Time is handed in as a Clock (main/base/clock.ts).',
  },
  {
    selector: `MemberExpression[property.name=/^(${RANDOM_OF_CRYPTO.join('|')})$/]`,
    message: 'Randomness is handed in (main/base/random.ts).',
  },
];
const CRYPTO_IMPORT = {
  name: 'node:crypto',
  importNames: RANDOM_OF_CRYPTO,
  message: 'Randomness is handed in (main/base/random.ts).',
};
const ELECTRON_IMPORT = { name: 'electron', message: 'Only main/app, main/main.ts and preload.ts know Electron.' };
const TIMER_IMPORTS = ['node:timers', 'node:timers/promises', 'node:perf_hooks'].map((name) => ({
  name,
  message: 'Time is handed in as a Clock (main/base/clock.ts).',
}));
const ELECTRON_OWNERS = ['main/app/**/*.ts', 'main/main.ts', 'preload/preload.ts'];

export default ts.config(
  { ignores: ['out/', 'release/', '.cache/', 'test-results/', 'node_modules/'] },
  js.configs.recommended,
  {
    files: ['**/*.ts', '**/*.svelte', '**/*.svelte.ts'],
    extends: [ts.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, extraFileExtensions: ['.svelte'] } },
    rules: {
      // `list[index]!` after a bounds check is how hot loops read arrays under noUncheckedIndexedAccess.
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-confusing-void-expression': 'off', // `return void_call()` ends a case in one line
      // Takes a field that a callback changes meanwhile for a constant; working around it makes code worse.
      '@typescript-eslint/no-unnecessary-condition': 'off',
      '@typescript-eslint/no-misused-spread': 'off', // strings are spread by code points, on purpose
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // Static classes and getters in interfaces are a matter of taste that the house leaves open.
      '@typescript-eslint/no-extraneous-class': 'off',
      'no-empty': ['error', { allowEmptyCatch: false }],
      'no-console': 'error',
      'no-control-regex': 'off', // making control characters harmless is part of the work
      eqeqeq: ['error', 'always', { null: 'ignore' }],
    },
  },
  {
    files: ['main/**/*.ts'],
    ignores: ['main/base/clock.ts', 'main/base/random.ts'],
    rules: {
      'no-restricted-globals': ['error', ...BANNED_GLOBALS],
      'no-restricted-properties': ['error', ...BANNED_PROPERTIES],
      'no-restricted-syntax': ['error', ...BANNED_SYNTAX],
      'no-restricted-imports': ['error', { paths: [CRYPTO_IMPORT, ...TIMER_IMPORTS] }],
    },
  },
  {
    files: ['main/**/*.ts', 'preload/**/*.ts', 'renderer/**/*.ts', 'renderer/**/*.svelte'],
    ignores: ['main/base/clock.ts', 'main/base/random.ts', ...ELECTRON_OWNERS],
    rules: { 'no-restricted-imports': ['error', { paths: [CRYPTO_IMPORT, ...TIMER_IMPORTS, ELECTRON_IMPORT] }] },
  },
  {
    files: ['renderer/**'],
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: [{ regex: '^(node:|electron$)', message: 'The window has no Node.' }] },
      ],
    },
  },
  ...svelte.configs.recommended,
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { globals: globals.browser, parserOptions: { parser: ts.parser } },
    rules: {
      'svelte/no-at-html-tags': 'error', // names come from strangers; the CSP forbids it as well
      'svelte/no-inline-styles': ['error', { allowTransitions: true }], // refused by the CSP, so it would only look broken
      'svelte/button-has-type': 'error',
      'svelte/prefer-svelte-reactivity': 'off', // a Set or Date inside one call need not be reactive
      'prefer-const': 'off', // `let` is how runes are declared
    },
  },
  {
    // Tests reach into private parts, build broken values on purpose and await nothing in places.
    files: ['test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-empty-function': 'off',
      '@typescript-eslint/unbound-method': 'off',
      'no-console': 'off',
    },
  },
  { files: ['**/*.mjs', '**/*.js'], languageOptions: { globals: globals.node } },
);
