/** The texts of dbt's log lines: padded with dots, the state in brackets. Pure. */
import type { NodeResult } from '../targets/index.ts';
import type { NodeFacts, RunCounts } from './events.ts';

/** How wide a line is before its brackets, unless somebody says: dbt's. */
export const printerWidth = 80;

/** `1 of 17 START sql table model main.ev ....... [RUN]`. */
export function paddedLine(
  text: string,
  state: string,
  at: { readonly index: number; readonly total: number; readonly seconds?: number | undefined },
  columns: number = printerWidth,
): string {
  const took = at.seconds === undefined ? '' : ` in ${at.seconds.toFixed(2)}s`;
  return `${`${at.index} of ${at.total} ${text} `.padEnd(columns, '.')} [${state}${took}]`;
}

/** What a node is called when it starts: `sql table model main.orders`, `seed file main.raw`. */
export function describeNode(node: NodeFacts): string {
  switch (node.resourceType) {
    case 'model': {
      const kind = node.isMicrobatch === true ? 'microbatch' : node.materialized;
      return `${node.language ?? 'sql'} ${kind} model ${node.relation}`;
    }
    case 'seed':
      return `seed file ${node.relation}`;
    case 'source':
      return `freshness of ${node.relation}`;
    default:
      return `${node.resourceType} ${node.relation}`;
  }
}

/** What became of a node, and the word in brackets. */
export function describeResult(node: NodeFacts, result: NodeResult): readonly [text: string, state: string] {
  const { status, message } = result;
  const failed = status === 'error';
  switch (node.resourceType) {
    case 'model': {
      if (failed) return [`ERROR creating ${describeNode(node)}`, 'ERROR'];
      const how = status === 'partial success' ? 'PARTIALLY created' : 'OK created';
      return [`${how} ${describeNode(node)}`, message];
    }
    case 'seed':
      return failed
        ? [`ERROR loading seed file ${node.relation}`, 'ERROR']
        : [`OK loaded seed file ${node.relation}`, message];
    case 'snapshot':
      return failed
        ? [`ERROR snapshotting ${node.relation}`, 'ERROR']
        : [`OK snapshotted ${node.relation}`, message];
    case 'source': {
      const words: Readonly<Record<string, string>> = { pass: 'PASS', warn: 'WARN', fail: 'ERROR STALE' };
      const word = words[status] ?? 'ERROR';
      return [`${word} freshness of ${node.relation}`, word];
    }
    case 'test':
    case 'unit_test': {
      const many = status === 'warn' || status === 'fail' ? ` ${result.failures ?? 0}` : '';
      const state = `${status.toUpperCase()}${many}`;
      return [`${state} ${node.relation}`, state];
    }
    default:
      return failed ? [`ERROR ${describeNode(node)}`, 'ERROR'] : [`OK ${describeNode(node)}`, message];
  }
}

/** `SKIP relation main.orders`. */
export function describeSkip(node: NodeFacts): string {
  const isRelation = ['model', 'seed', 'snapshot'].includes(node.resourceType);
  return isRelation ? `SKIP relation ${node.relation}` : `SKIP ${node.resourceType} ${node.name}`;
}

/** dbt's summary: `Done. PASS=3 WARN=0 ERROR=0 SKIP=0 NO-OP=0 TOTAL=3`. */
export function summaryLine(counts: RunCounts): string {
  const { pass, warn, error, skip, noOp, total } = counts;
  return `Done. PASS=${pass} WARN=${warn} ERROR=${error} SKIP=${skip} NO-OP=${noOp} TOTAL=${total}`;
}

/** `models` for several of `model`. */
export function plural(resourceType: string, count: number): string {
  const name = resourceType.replaceAll('_', ' ');
  if (count === 1) return name;
  if (name === 'analysis') return 'analyses';
  return name.endsWith('y') ? `${name.slice(0, -1)}ies` : `${name}s`;
}

/** `7 models, 1 seed, 5 data tests`. */
export function statLine(counts: Iterable<readonly [type: string, count: number]>): string {
  return [...counts]
    .map(([type, count]) => `${count} ${plural(type === 'test' ? 'data_test' : type, count)}`)
    .join(', ');
}

/** `in 0 hours 0 minutes and 0.63 seconds`. */
export function durationText(ms: number): string {
  const seconds = ms / 1000;
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  return `in ${hours} hours ${minutes} minutes and ${(seconds % 60).toFixed(2)} seconds`;
}

/** The first line of what ends a run: how it went. */
export function outcomeLine(given: {
  readonly errors: number;
  readonly warnings: number;
  readonly partialSuccesses: number;
  readonly interrupted: boolean;
}): string {
  const many = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`;
  const { errors, warnings, partialSuccesses, interrupted } = given;
  const partial = `${partialSuccesses} partial ${partialSuccesses === 1 ? 'success' : 'successes'}`;
  if (interrupted) return 'Exited because of keyboard interrupt';
  if (errors > 0)
    return `Completed with ${many(errors, 'error')}, ${partial}, and ${many(warnings, 'warning')}:`;
  if (partialSuccesses > 0) return `Completed with ${partial} and ${many(warnings, 'warning')}`;
  return warnings > 0 ? `Completed with ${many(warnings, 'warning')}:` : 'Completed successfully';
}
