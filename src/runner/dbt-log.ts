/**
 * Run events as dbt's structured log lines, so that tools which read dbt's logs read ours.
 *
 * The names, codes and `node_info` keys are the ones Dagster, Cosmos and the like look for. One event
 * may be several lines or none.
 * Source: dbt-core's event names (docs.getdbt.com, "Events and logs").
 */
import { unreachable } from '../base/index.ts';
import type { MessageLevel, NodeFacts, RunCounts, RunEvent } from './events.ts';
import { isoMicros, threadName } from './run-results.ts';

/** One line of dbt's JSON log. */
export interface DbtLogLine {
  readonly info: {
    readonly category: string;
    readonly code: string;
    readonly extra: Readonly<Record<string, string>>;
    readonly invocation_id: string;
    readonly level: MessageLevel;
    readonly msg: string;
    readonly name: string;
    readonly pid: number;
    readonly thread: string;
    readonly ts: string;
  };
  readonly data: Readonly<Record<string, unknown>>;
}

/** Turns events into log lines; remembers when each node started. */
export class DbtLog {
  readonly #invocationId: string;
  readonly #pid: number;
  readonly #startedAt = new Map<string, string>();

  constructor(invocationId: string, pid: number) {
    this.#invocationId = invocationId;
    this.#pid = pid;
  }

  /** The lines that say what `event` says, in order. */
  lines(event: RunEvent): readonly DbtLogLine[] {
    switch (event.kind) {
      case 'run-started': {
        const found = Object.entries(event.found).map(([type, n]) => `${n} ${plural(type, n)}`);
        return [
          this.#line(event, 'info', 'W006', 'FoundStats', `Found ${found.join(', ')}`, {
            stat_line: found.join(', '),
          }),
          this.#line(
            event,
            'info',
            'Q026',
            'ConcurrencyLine',
            `Concurrency: ${event.threads} threads (target='${event.target}')`,
            {
              num_threads: event.threads,
              target_name: event.target,
              node_count: event.selected,
            },
          ),
        ];
      }
      case 'node-started':
        return this.#nodeStarted(event);
      case 'node-retried':
        return [
          this.#line(
            event,
            'warn',
            'B901',
            'NodeRetried',
            `${event.node.name}: attempt ${event.attempt} failed, trying again: ${event.error.message}`,
            {
              node_info: this.#nodeInfo(event.node, 'started', ''),
              attempt: event.attempt,
            },
          ),
        ];
      case 'node-finished':
        return this.#nodeFinished(event);
      case 'message':
        return [
          this.#line(
            event,
            event.level,
            ...(namedMessages[event.code ?? ''] ?? usualName(event.printed)),
            event.text,
            {
              msg: event.text,
              ...(event.code === undefined ? {} : { code: event.code }),
            },
          ),
        ];
      case 'stopping':
        return [
          this.#line(event, 'warn', 'E049', 'QueryCancelationUnsupported', `Stopping (${event.reason})`, {}),
        ];
      case 'published':
        return [
          this.#line(
            event,
            'info',
            'B902',
            'CatalogPublished',
            `Published ${event.changed} changes to ${event.path}`,
            {
              path: event.path,
              generation: event.generation,
            },
          ),
        ];
      case 'run-finished':
        return [
          this.#line(
            event,
            'info',
            'Q039',
            'FinishedRunningStats',
            `Finished in ${(event.elapsedMs / 1000).toFixed(2)}s.`,
            {
              execution_time: event.elapsedMs / 1000,
            },
          ),
          this.#line(event, 'info', 'Z023', 'StatsLine', summaryLine(event.counts), {
            stats: {
              error: event.counts.error,
              noop: event.counts.noOp,
              pass: event.counts.pass,
              skip: event.counts.skip,
              total: event.counts.total,
              warn: event.counts.warn,
            },
          }),
          this.#line(
            event,
            'debug',
            'Q039',
            'CommandCompleted',
            `Command \`boathouse ${event.command}\` finished`,
            {
              command: `boathouse ${event.command}`,
              completed_at: isoMicros(event.atMs),
              elapsed: event.elapsedMs / 1000,
              success: event.counts.error === 0 && !event.interrupted,
            },
          ),
        ];
      default:
        return unreachable(event);
    }
  }

  #nodeStarted(event: Extract<RunEvent, { kind: 'node-started' }>): readonly DbtLogLine[] {
    const { node, index, total } = event;
    this.#startedAt.set(node.uniqueId, isoMicros(event.atMs));
    const info = this.#nodeInfo(node, 'started', '');
    const thread = threadName(event.thread);
    const description = `${node.resourceType} ${node.relation}`;
    return [
      this.#line(
        event,
        'debug',
        'Q024',
        'NodeStart',
        `Began running node ${node.uniqueId}`,
        { node_info: info },
        thread,
      ),
      this.#line(
        event,
        'info',
        'Q011',
        'LogStartLine',
        `${index} of ${total} START ${description}`,
        { description, index, total, node_info: info },
        thread,
      ),
    ];
  }

  #nodeFinished(event: Extract<RunEvent, { kind: 'node-finished' }>): readonly DbtLogLine[] {
    const { node, result, index, total } = event;
    const { status } = result;
    const at = isoMicros(event.atMs);
    const info = this.#nodeInfo(node, status, at);
    const thread = threadName(event.thread);
    const [code, name] = resultEvent(node.resourceType, status);
    const level: MessageLevel =
      status === 'error' || status === 'fail' || status === 'partial success'
        ? 'error'
        : status === 'warn'
          ? 'warn'
          : 'info';
    const data = {
      description: `${node.resourceType} ${node.relation}`,
      execution_time: result.executionTimeMs / 1000,
      index,
      total,
      name: node.name,
      num_failures: result.failures ?? 0,
      status,
      node_info: info,
    };
    const message = `${index} of ${total} ${status.toUpperCase()} ${node.resourceType} ${node.relation}`;
    const lines = [this.#line(event, level, code, name, message, data, thread)];
    if (status === 'error' || status === 'partial success') {
      lines.push(
        this.#line(
          event,
          'error',
          'Z024',
          'RunResultError',
          result.message,
          { msg: result.message, node_info: info },
          thread,
        ),
      );
    } else if (status === 'fail') {
      lines.push(
        this.#line(
          event,
          'error',
          'Z021',
          'RunResultFailure',
          result.message,
          { node_name: node.name, path: node.file, resource_type: node.resourceType, node_info: info },
          thread,
        ),
      );
    }
    const run_result = {
      status,
      message: result.message,
      execution_time: result.executionTimeMs / 1000,
      num_failures: result.failures ?? 0,
      thread,
    };
    lines.push(
      this.#line(
        event,
        'debug',
        'Q025',
        'NodeFinished',
        `Finished running node ${node.uniqueId}`,
        { node_info: info, run_result },
        thread,
      ),
    );
    return lines;
  }

  #nodeInfo(node: NodeFacts, status: string, finishedAt: string): Record<string, unknown> {
    return {
      materialized: node.materialized,
      meta: {},
      node_finished_at: finishedAt,
      node_name: node.name,
      node_path: node.file,
      node_relation: { alias: node.relation.split('.').at(-1) ?? '', relation_name: node.relationName ?? '' },
      node_started_at: this.#startedAt.get(node.uniqueId) ?? '',
      node_status: status,
      resource_type: node.resourceType,
      unique_id: node.uniqueId,
    };
  }

  #line(
    event: RunEvent,
    level: MessageLevel,
    code: string,
    name: string,
    msg: string,
    data: Record<string, unknown>,
    thread = 'MainThread',
  ): DbtLogLine {
    return {
      info: {
        category: '',
        code,
        extra: {},
        invocation_id: this.#invocationId,
        level,
        msg,
        name,
        pid: this.#pid,
        thread,
        ts: isoMicros(event.atMs),
      },
      data,
    };
  }
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

function resultEvent(resourceType: string, status: string): readonly [code: string, name: string] {
  if (status === 'skipped') return ['Q034', 'SkippingDetails'];
  if (status === 'no-op') return ['Q019', 'LogNodeNoOpResult'];
  switch (resourceType) {
    case 'test':
    case 'unit_test':
      return ['Q007', 'LogTestResult'];
    case 'seed':
      return ['Q016', 'LogSeedResult'];
    case 'snapshot':
      return ['Q015', 'LogSnapshotResult'];
    case 'model':
      return ['Q012', 'LogModelResult'];
    default:
      return ['Q018', 'LogNodeResult'];
  }
}

/** Messages that dbt has events of their own for, by our code. */
const namedMessages: Readonly<Record<string, readonly [code: string, name: string]>> = {
  'workflows.building-catalog': ['E044', 'BuildingCatalog'],
  'workflows.catalog-written': ['E042', 'CatalogWritten'],
  'workflows.catalog-failures': ['E041', 'WriteCatalogFailure'],
  'workflows.no-docs-written': ['E043', 'CannotGenerateDocs'],
};

function usualName(printed: boolean): readonly [code: string, name: string] {
  return printed ? ['I063', 'JinjaLogInfo'] : ['I062', 'Note'];
}
