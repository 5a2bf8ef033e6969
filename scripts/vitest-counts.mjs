// A vitest reporter beside the usual one: writes what one run came to as JSON into $LANTERNFISH_COUNTS_FILE, so that
// scripts/test.mjs can add up its runs. A file that did not even load counts as one failure.
import { writeFileSync } from 'node:fs';

/** @typedef {{ passed: number, failed: number, skipped: string[] }} Counts */

export default class CountsReporter {
  /**
   * @param {readonly import('vitest/node').TestModule[]} modules
   * @param {readonly unknown[]} unhandledErrors
   */
  onTestRunEnd(modules, unhandledErrors) {
    /** @type {Counts} */
    const counts = { passed: 0, failed: unhandledErrors.length, skipped: [] };
    for (const module of modules) {
      if (module.errors().length > 0) counts.failed++;
      for (const test of module.children.allTests()) {
        const result = test.result();
        if (result.state === 'passed') counts.passed++;
        else if (result.state === 'failed') counts.failed++;
        else {
          const note = result.state === 'skipped' && result.note ? ` (${result.note})` : '';
          counts.skipped.push(`${module.relativeModuleId} > ${test.fullName}${note}`);
        }
      }
      for (const suite of module.children.allSuites()) if (suite.errors().length > 0) counts.failed++;
    }
    const file = process.env.LANTERNFISH_COUNTS_FILE;
    if (file) writeFileSync(file, JSON.stringify(counts));
  }
}
