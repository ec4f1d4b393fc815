/** Results in the words of dbt's summary line, and the exit code they amount to. */
import { unreachable } from '../base/index.ts';
import type { NodeResult } from '../targets/index.ts';
import type { RunCounts } from './events.ts';

/** How many of `results` passed, warned, failed, were skipped or had nothing to do. Pure. */
export function countResults(results: Iterable<NodeResult>): RunCounts {
  const counts = { pass: 0, warn: 0, error: 0, skip: 0, noOp: 0, total: 0 };
  for (const { status } of results) {
    counts.total += 1;
    switch (status) {
      case 'success':
      case 'pass':
        counts.pass += 1;
        break;
      case 'warn':
        counts.warn += 1;
        break;
      case 'error':
      case 'fail':
      case 'partial success':
        counts.error += 1;
        break;
      case 'skipped':
        counts.skip += 1;
        break;
      case 'no-op':
        counts.noOp += 1;
        break;
      default:
        unreachable(status);
    }
  }
  return counts;
}

/** Whether a result makes the run fail, and skips what depends on the node. Warnings don't. */
export function isFailure(result: NodeResult): boolean {
  return result.status === 'error' || result.status === 'fail' || result.status === 'partial success';
}
