/**
 * Prints `passed failed` from a vitest JSON report. Where BOATHOUSE_REQUIRE is `all`, a skipped test
 * counts as failed, unless its name says that it is for another system, or needs MinIO or Trino, which take long to get.
 */
import { readFileSync } from 'node:fs';

const report = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const mayBeSkipped = /\(only on (macOS|Windows)|minio is (not built|left to)|trino is not installed/;
let passed = 0;
let failed = 0;
for (const file of report.testResults) {
  if (file.status === 'failed' && file.assertionResults.length === 0) {
    failed += 1;
    console.error(`failed to load: ${file.name}`);
  }
  for (const test of file.assertionResults) {
    if (test.status === 'passed') passed += 1;
    else if (test.status === 'failed') failed += 1;
    else if (process.env.BOATHOUSE_REQUIRE === 'all' && !mayBeSkipped.test(test.fullName)) {
      failed += 1;
      console.error(`skipped, but required here: ${file.name}: ${test.fullName}`);
    }
  }
}
console.log(`${passed} ${failed}`);
