// Reads the fuses back out of every program that electron-builder left unpacked under release/, and fails if one of them is
// not as desktop.md 1.3 wants it. For machines that package without running the tests.
import { FuseState, FuseV1Options, getCurrentFuseWire } from '@electron/fuses';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { UNPACKED } from './package.mjs';
import { Refusal, ROOT, runScript, say } from './terminal.mjs';

/** @type {readonly [keyof typeof FuseV1Options, boolean][]} */
const WANTED = [
  ['RunAsNode', false],
  ['EnableCookieEncryption', true],
  ['EnableNodeOptionsEnvironmentVariable', false],
  ['EnableNodeCliInspectArguments', false],
  ['EnableEmbeddedAsarIntegrityValidation', true],
  ['OnlyLoadAppFromAsar', true],
  ['LoadBrowserProcessSpecificV8Snapshot', false],
  ['GrantFileProtocolExtraPrivileges', false],
];

await runScript(async () => {
  const programs = Object.values(UNPACKED)
    .map((program) => join(ROOT, 'release', program))
    .filter(existsSync);
  if (programs.length === 0) throw new Refusal('There is no unpacked app under release/.');
  for (const program of programs) {
    const wire = await getCurrentFuseWire(program);
    const wrong = WANTED.filter(
      ([name, isOn]) => wire[FuseV1Options[name]] !== (isOn ? FuseState.ENABLE : FuseState.DISABLE),
    );
    say(`${program}: ${wrong.length === 0 ? 'fuses as wanted' : `wrong: ${wrong.map(([name]) => name).join(', ')}`}`);
    if (wrong.length > 0) throw new Refusal('A package with wrong fuses is not given away.');
  }
});
