/**
 * Run events as dbt's structured log lines, so that tools which read dbt's logs read ours.
 *
 * The names, codes and keys are those that dbt gives its own events. One event may be several lines or none.
 * Source: dbt-core's event names (docs.getdbt.com, "Events and logs"), and what dbt prints.
 */
import { unreachable } from '../base/index.ts';
import type { NodeResult } from '../targets/index.ts';
import {
  describeNode,
  describeResult,
  describeSkip,
  durationText,
  outcomeLine,
  paddedLine,
  plural,
  printerWidth,
  statLine,
  summaryLine,
} from './dbt-lines.ts';
import { messageName } from './dbt-names.ts';
import type { MessageLevel, NodeFacts, RunEvent } from './events.ts';
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

type Finished = Extract<RunEvent, { kind: 'node-finished' }>;

/** Turns events into log lines; remembers when each node started, and how it ended. */
export class DbtLog {
  #invocationId: string;
  readonly #pid: number;
  readonly #columns: number;
  readonly #startedAt = new Map<string, string>();
  #finished: Finished[] = [];
  #atMs = 0;

  /** @param columns how wide lines of nodes are before their brackets. */
  constructor(invocationId: string, pid: number, columns: number = printerWidth) {
    this.#invocationId = invocationId;
    this.#pid = pid;
    this.#columns = columns;
  }

  /** The lines that say what `event` says, in order. */
  lines(event: RunEvent): readonly DbtLogLine[] {
    this.#atMs = event.atMs;
    switch (event.kind) {
      case 'invoked': {
        this.#invocationId = event.invocationId;
        const version = `=${event.dbtVersion}`;
        const running = this.#line('info', 'A001', 'MainReportVersion', `Running with dbt${version}`, {
          version,
          log_version: 3,
        });
        if (event.adapterVersion === null) return [running];
        const adapter = `=${event.adapterVersion}`;
        return [
          running,
          this.#line('info', 'E034', 'AdapterRegistered', `Registered adapter: duckdb${adapter}`, {
            adapter_name: 'duckdb',
            adapter_version: adapter,
          }),
        ];
      }
      case 'parsed': {
        const found = statLine(Object.entries(event.found));
        return [this.#line('info', 'W006', 'FoundStats', `Found ${found}`, { stat_line: found })];
      }
      case 'run-started': {
        this.#finished = [];
        const { threads, target } = event;
        if (event.selected === 0) {
          const nothing = 'Nothing to do. Try checking your model configs and model specification args';
          return [this.#line('warn', 'Q035', 'NothingToDo', nothing, {})];
        }
        return [
          this.#blank(),
          this.#line(
            'info',
            'Q027',
            'ConcurrencyLine',
            `Concurrency: ${threads} threads (target='${target}')`,
            { num_threads: threads, target_name: target, node_count: event.selected },
          ),
          this.#blank(),
        ];
      }
      case 'node-started':
        return this.#nodeStarted(event);
      case 'node-retried':
        return [
          this.#line(
            'warn',
            'B901',
            'NodeRetried',
            `${event.node.name}: attempt ${event.attempt} failed, trying again: ${event.error.message}`,
            { node_info: this.#nodeInfo(event.node, 'started', ''), attempt: event.attempt },
          ),
        ];
      case 'node-finished':
        this.#finished.push(event);
        return this.#nodeFinished(event);
      case 'message': {
        const [code, name] = messageName(event);
        const own = event.code === undefined ? {} : { code: event.code };
        return [this.#line(event.level, code, name, event.text, event.data ?? { msg: event.text, ...own })];
      }
      case 'stopping':
        return event.reason === 'fail-fast'
          ? []
          : [this.#line('info', 'Z031', 'ConcurrencyStopping', `Stopping (${event.reason})`, {})];
      case 'published':
        return [
          this.#line(
            'info',
            'B902',
            'CatalogPublished',
            `Published ${event.changed} ${plural('change', event.changed)} to ${event.path}`,
            { path: event.path, generation: event.generation },
          ),
        ];
      case 'run-finished':
        return this.#runFinished(event);
      default:
        return unreachable(event);
    }
  }

  #nodeStarted(event: Extract<RunEvent, { kind: 'node-started' }>): readonly DbtLogLine[] {
    const { node, index, total } = event;
    this.#startedAt.set(node.uniqueId, bareTime(event.atMs));
    const info = this.#nodeInfo(node, 'started', '');
    const thread = threadName(event.thread);
    const began = `Began running node ${node.uniqueId}`;
    const start = this.#line('debug', 'Q024', 'NodeStart', began, { node_info: info }, thread);
    if (silent.has(node.resourceType)) return [start];
    const description = describeNode(node);
    const text = paddedLine(`START ${description}`, 'RUN', { index, total }, this.#columns);
    const data = { description, index, total, node_info: info };
    return [start, this.#line('info', 'Q011', 'LogStartLine', text, data, thread)];
  }

  #nodeFinished(event: Finished): readonly DbtLogLine[] {
    const { node, result } = event;
    if (node.resourceType === 'hook') return this.#hook(event);
    // dbt begins with what it then skips.
    const begun = this.#startedAt.has(node.uniqueId)
      ? []
      : this.#nodeStarted({ ...event, kind: 'node-started' }).slice(0, 1);
    const thread = threadName(event.thread);
    const info = this.#nodeInfo(node, result.status, result.status === 'skipped' ? '' : bareTime(event.atMs));
    return [
      ...begun,
      ...this.#batches(event, info, thread),
      this.#outcome(event, info, thread),
      this.#line(
        'debug',
        'Q025',
        'NodeFinished',
        `Finished running node ${node.uniqueId}`,
        { node_info: info, run_result: runResult(result, thread) },
        thread,
      ),
    ];
  }

  /** The line that a person reads when a node is through. */
  #outcome(event: Finished, info: Record<string, unknown>, thread: string): DbtLogLine {
    const { node, result, index, total } = event;
    const seconds = result.executionTimeMs / 1000;
    const common = { index, total, node_info: info };
    const name = node.resourceType === 'unit_test' ? node.relation : node.name;
    if (result.status === 'skipped') {
      const text = paddedLine(describeSkip(node), 'SKIP', { index, total }, this.#columns);
      const data = {
        resource_type: node.resourceType,
        schema: node.schema ?? '',
        node_name: node.name,
        ...common,
      };
      return this.#line('info', 'Q034', 'SkippingDetails', text, data, thread);
    }
    const description = describeNode(node);
    if (result.status === 'no-op') {
      const text = paddedLine(`NO-OP ${description}`, 'NO-OP', { index, total, seconds }, this.#columns);
      const data = { description, status: '', execution_time: seconds, ...common };
      return this.#line('info', 'Q019', 'LogNodeNoOpResult', text, data, thread);
    }
    const [said, state] = describeResult(node, result);
    const text = paddedLine(said, state, { index, total, seconds }, this.#columns);
    const failed = result.status === 'error';
    const level = failed || result.status === 'fail' ? 'error' : result.status === 'warn' ? 'warn' : 'info';
    const timed = { execution_time: seconds, ...common };
    switch (node.resourceType) {
      case 'test':
      case 'unit_test': {
        const data = {
          name,
          status: result.status,
          index,
          num_models: total,
          execution_time: seconds,
          num_failures: result.failures ?? 0,
          attached_node: node.attachedNode ?? '',
          node_info: info,
        };
        return this.#line(level, 'Q007', 'LogTestResult', text, data, thread);
      }
      case 'seed': {
        const schema = node.schema ?? '';
        const relation = node.alias ?? node.name;
        const data = {
          status: result.status,
          result_message: failed ? '' : result.message,
          schema,
          relation,
          ...timed,
        };
        return this.#line(level, 'Q016', 'LogSeedResult', text, data, thread);
      }
      case 'snapshot': {
        const cfg = node.config ?? {};
        const data = {
          status: result.status,
          result_message: failed ? '' : result.message,
          description: node.relation,
          cfg,
          ...timed,
        };
        return this.#line(level, 'Q015', 'LogSnapshotResult', text, data, thread);
      }
      case 'source': {
        const data = freshnessData(node, result);
        return this.#line(level, 'Q018', 'LogFreshnessResult', text, { ...data, ...timed }, thread);
      }
      case 'model': {
        const data = { description, status: failed ? 'error' : result.message, ...timed };
        return this.#line(level, 'Q012', 'LogModelResult', text, data, thread);
      }
      default: {
        const data = { description, status: failed ? 'error' : result.message, ...timed };
        return this.#line(level, 'Q008', 'LogNodeResult', text, data, thread);
      }
    }
  }

  /** The batches of a microbatch model: known once the model is through. */
  #batches(event: Finished, info: Record<string, unknown>, thread: string): readonly DbtLogLine[] {
    const { node, result } = event;
    const { batchResults } = result;
    if (batchResults === undefined) return [];
    const all = [
      ...batchResults.successful.map(({ start }) => ({ start, failed: false })),
      ...batchResults.failed.map(({ start }) => ({ start, failed: true })),
    ].sort((a, b) => a.start.getTime() - b.start.getTime());
    return all.flatMap(({ start, failed }, i) => {
      const at = { index: i + 1, total: all.length };
      const description = `batch ${batchName(start)} of ${node.relation}`;
      const data = { description, batch_index: at.index, total_batches: at.total, node_info: info };
      const said = `${failed ? 'ERROR creating' : 'OK created'} ${description}`;
      const status = failed ? 'error' : 'OK';
      const begun = `Batch ${paddedLine(`START ${description}`, 'RUN', at, this.#columns)}`;
      const ended = `Batch ${paddedLine(said, status.toUpperCase(), at, this.#columns)}`;
      const result = { ...data, status, execution_time: 0 };
      return [
        this.#line('info', 'Q045', 'LogStartBatch', begun, data, thread),
        this.#line(failed ? 'error' : 'info', 'Q046', 'LogBatchResult', ended, result, thread),
      ];
    });
  }

  #hook({ node, result, index, total }: Finished): readonly DbtLogLine[] {
    // `shop-on-run-start-0` is `shop.on-run-start.0` in dbt's lines.
    const statement = node.name.replace(/^(.+?)-(on-run-(?:start|end))-(\d+)$/, '$1.$2.$3');
    const info = this.#nodeInfo(node, result.status, bareTime(this.#atMs));
    const begun = paddedLine(`START hook: ${statement}`, 'RUN', { index, total }, this.#columns);
    const words = { success: 'OK', skipped: 'SKIP' } as const;
    const word = words[result.status as keyof typeof words] ?? 'ERROR';
    const seconds = result.executionTimeMs / 1000;
    const ended = paddedLine(`${word} hook: ${statement}`, word, { index, total, seconds }, this.#columns);
    const data = { statement, index, total };
    const started = this.#nodeInfo(node, 'started', '');
    const end = { ...data, status: result.status, execution_time: seconds, node_info: info };
    return [
      ...(index === 1 && node.name.includes('on-run-end') ? [this.#blank()] : []),
      this.#line('info', 'Q032', 'LogHookStartLine', begun, { ...data, node_info: started }),
      this.#line('info', 'Q033', 'LogHookEndLine', ended, end),
      ...(index === total && node.name.includes('on-run-start') ? [this.#blank()] : []),
    ];
  }

  #runFinished(event: Extract<RunEvent, { kind: 'run-finished' }>): readonly DbtLogLine[] {
    const { counts, elapsedMs, interrupted } = event;
    if (counts.total === 0 && this.#finished.length === 0) return [this.#completed(event)];
    const seconds = elapsedMs / 1000;
    const ran = new Map<string, number>();
    for (const { node } of this.#finished) {
      const { resourceType: type } = node;
      const kind = type === 'model' ? `${node.materialized} model` : type === 'hook' ? 'project hook' : type;
      ran.set(kind, (ran.get(kind) ?? 0) + 1);
    }
    const stats = statLine([...ran].sort(([a], [b]) => (a < b ? -1 : 1)));
    const execution = ` ${durationText(elapsedMs)}`;
    const of = (...statuses: string[]): readonly Finished[] =>
      this.#finished.filter(({ result }) => statuses.includes(result.status));
    const [errors, warnings, partial] = [of('error', 'fail'), of('warn'), of('partial success')];
    const outcome = {
      errors: errors.length,
      warnings: warnings.length,
      partialSuccesses: partial.length,
      interrupted,
    };
    return [
      this.#blank(),
      this.#line(
        'info',
        'E047',
        'FinishedRunningStats',
        `Finished running ${stats}${execution} (${seconds.toFixed(2)}s).`,
        { stat_line: stats, execution, execution_time: seconds },
      ),
      this.#blank(),
      this.#line('info', 'Z030', 'EndOfRunSummary', outcomeLine(outcome), {
        num_errors: errors.length,
        num_warnings: warnings.length,
        num_partial_success: partial.length,
        keyboard_interrupt: interrupted,
      }),
      ...[...errors, ...partial].flatMap((finished) => this.#failure(finished)),
      ...warnings.flatMap((finished) => this.#failure(finished)),
      this.#blank(),
      this.#line('info', 'Z023', 'StatsLine', summaryLine(counts), {
        stats: {
          error: counts.error,
          noop: counts.noOp,
          pass: counts.pass,
          skip: counts.skip,
          total: counts.total,
          warn: counts.warn,
        },
      }),
      this.#completed(event),
    ];
  }

  #completed(event: Extract<RunEvent, { kind: 'run-finished' }>): DbtLogLine {
    const { counts, elapsedMs, interrupted, command } = event;
    const seconds = elapsedMs / 1000;
    const success = counts.error === 0 && !interrupted;
    const at = isoMicros(event.atMs);
    const how = `${success ? 'succeeded' : 'failed'} at ${at.slice(11, -1)} after ${seconds.toFixed(2)} seconds`;
    return this.#line('debug', 'Q039', 'CommandCompleted', `Command \`boathouse ${command}\` ${how}`, {
      command: `boathouse ${command}`,
      completed_at: at,
      elapsed: seconds,
      success,
    });
  }

  /** What is said of a node that failed or warned, when all is over. */
  #failure({ node, result }: Finished): readonly DbtLogLine[] {
    const info = this.#nodeInfo(node, result.status, '');
    const isWarning = result.status === 'warn';
    const who = { resource_type: node.resourceType, node_name: node.name, path: node.file, node_info: info };
    const text = `${isWarning ? 'Warning' : 'Failure'} in ${node.resourceType} ${node.name} (${node.file})`;
    const message = result.message;
    const lines = [this.#blank()];
    if (isWarning) {
      lines.push(this.#line('warn', 'Z021', 'RunResultWarning', text, who));
      lines.push(
        this.#line('warn', 'Z046', 'RunResultWarningMessage', message, { msg: message, node_info: info }),
      );
    } else {
      if (result.status !== 'partial success')
        lines.push(this.#line('error', 'Z022', 'RunResultFailure', text, who));
      lines.push(
        this.#line('error', 'Z024', 'RunResultError', `  ${message}`, { msg: message, node_info: info }),
      );
    }
    if (node.compiledPath === undefined) return lines;
    const path = node.compiledFile ?? node.compiledPath;
    lines.push(this.#blank());
    lines.push(
      this.#line('info', 'Z026', 'SQLCompiledPath', `  compiled code at ${path}`, { path, node_info: info }),
    );
    return lines;
  }

  #nodeInfo(node: NodeFacts, status: string, finishedAt: string): Record<string, unknown> {
    return {
      materialized: node.materialized === '' ? (implied[node.resourceType] ?? '') : node.materialized,
      meta: node.meta ?? {},
      node_checksum: node.checksum ?? '',
      node_finished_at: finishedAt,
      node_name: node.name,
      node_path: node.path ?? node.file,
      node_relation: {
        alias: node.alias ?? '',
        database: node.database ?? '',
        relation_name: node.relationName ?? '',
        schema: node.schema ?? '',
      },
      node_started_at: this.#startedAt.get(node.uniqueId) ?? '',
      node_status: node.resourceType === 'source' ? (freshness[status] ?? status) : status,
      resource_type: node.resourceType === 'hook' ? 'operation' : node.resourceType,
      unique_id: node.uniqueId,
    };
  }

  /** An empty line, as dbt puts it between the parts of a run. */
  #blank(): DbtLogLine {
    return this.#line('info', 'Z017', 'Formatting', '', { msg: '' });
  }

  #line(
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
        ts: isoMicros(this.#atMs),
      },
      data,
    };
  }
}

/** Resource types of which dbt doesn't say that they begin. */
const silent: ReadonlySet<string> = new Set(['exposure', 'saved_query']);

function runResult(result: NodeResult, thread: string): Record<string, unknown> {
  return {
    status: result.status,
    message: result.message,
    timing_info: result.timing.map(({ name, startedAt, completedAt }) => ({
      name,
      started_at: isoMicros(startedAt.getTime()),
      completed_at: isoMicros(completedAt.getTime()),
    })),
    thread,
    execution_time: result.executionTimeMs / 1000,
    adapter_response: result.adapterResponse,
    num_failures: result.failures ?? 0,
  };
}

/** A day by its date, any other stretch by its hour, too. */
function batchName(start: Date): string {
  const text = start.toISOString();
  return text.endsWith('T00:00:00.000Z') ? text.slice(0, 10) : text.slice(0, 19);
}

/** dbt's times of nodes name no zone: they are UTC. */
function bareTime(ms: number): string {
  return isoMicros(ms).replace('Z', '');
}

/** dbt tells what is too old (`error`) from what couldn't be asked (`runtime error`). */
const freshness: Readonly<Record<string, string>> = { fail: 'error', error: 'runtime error' };

/** What dbt says of nodes that have nothing to be made of. */
const implied: Readonly<Record<string, string>> = { test: 'test', hook: 'view' };

function freshnessData(node: NodeFacts, { status }: NodeResult): Record<string, unknown> {
  const at = node.relation.indexOf('.');
  return {
    status: freshness[status] ?? status,
    source_name: node.relation.slice(0, Math.max(0, at)),
    table_name: node.relation.slice(at + 1),
  };
}
