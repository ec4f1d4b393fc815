/** What a run made of its nodes. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** How many nodes of the last run ended with each status. */
export function statusesIn(project) {
  const { results } = JSON.parse(readFileSync(join(project, 'target/run_results.json'), 'utf8'));
  const counts = {};
  for (const { status } of results) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}
