/** A run as a person follows it: one line a finished node, a footer of what runs, the failures, the sum. */
import { relative } from 'node:path';
import { type Emit, type NodeResult, plural, type RunEvent, summaryLine } from '../../workflows/index.ts';
import { withCommas } from './amounts.ts';
import { hintLines, placeLines, placeName } from './error-view.ts';
import { clip, width } from './table.ts';
import type { Colors, Terminal } from './terminal.ts';
import { visible } from './visible.ts';

/** How much is printed. */
export interface RunViewOptions {
  /** Only failures and what templates print. */
  readonly quiet: boolean;
  readonly debug: boolean;
  /** Whether `print()` of templates is shown. */
  readonly print: boolean;
  readonly projectDir?: string | undefined;
}

type Finished = Extract<RunEvent, { kind: 'node-finished' }>;

/** Draws the events of one run on `terminal`. */
export function runView(terminal: Terminal, options: RunViewOptions): Emit {
  const view = new RunView(terminal, options);
  return (event) => view.see(event);
}

class RunView {
  readonly #terminal: Terminal;
  readonly #options: RunViewOptions;
  readonly #colors: Colors;
  readonly #running = new Map<string, { readonly what: string; readonly startedMs: number }>();
  readonly #failures: Finished[] = [];
  #startedMs = 0;
  #total = 0;
  #finished = 0;
  #published: Extract<RunEvent, { kind: 'published' }> | undefined;

  constructor(terminal: Terminal, options: RunViewOptions) {
    this.#terminal = terminal;
    this.#options = options;
    this.#colors = terminal.colors;
  }

  see(event: RunEvent): void {
    switch (event.kind) {
      case 'invoked':
      case 'parsed':
        break;
      case 'run-started':
        this.#started(event);
        break;
      case 'node-started':
        this.#running.set(event.node.uniqueId, {
          what: `${event.node.resourceType} ${event.node.relation}`,
          startedMs: event.atMs,
        });
        break;
      case 'node-retried':
        this.#say(
          `${this.#state('retry', this.#colors.yellow)} ${event.node.relation}: attempt ${event.attempt} of ${event.attemptsMax} failed: ${firstLine(event.error.message)}`,
        );
        break;
      case 'node-finished':
        this.#nodeFinished(event);
        break;
      case 'message':
        this.#message(event);
        break;
      case 'stopping':
        this.#say(this.#colors.yellow(stoppingText(event)));
        break;
      case 'published':
        this.#published = event;
        break;
      case 'run-finished':
        this.#ended(event);
        break;
    }
  }

  #started(event: Extract<RunEvent, { kind: 'run-started' }>): void {
    const { dim, bold } = this.#colors;
    this.#startedMs = event.atMs;
    this.#total = event.selected;
    const found = Object.entries(event.found).map(([type, count]) => `${count} ${plural(type, count)}`);
    const threads = `${event.threads} ${event.threads === 1 ? 'thread' : 'threads'}`;
    this.#say(`${bold(event.project)} ${dim(`on target ${event.target}, ${threads}: ${found.join(', ')}`)}`);
    if (event.selected === 0) {
      this.#say(this.#colors.yellow('Nothing to do: the selection holds no node that this command runs.'));
      return;
    }
    this.#say('');
    if (!this.#options.quiet) this.#terminal.footer.start(() => this.#footer());
  }

  #nodeFinished(event: Finished): void {
    const { node, result } = event;
    this.#running.delete(node.uniqueId);
    if (node.resourceType !== 'hook') this.#finished += 1;
    const failed = result.status === 'error' || result.status === 'fail';
    if (failed || result.status === 'warn') this.#failures.push(event);
    if (this.#options.quiet && !failed) return;
    this.#terminal.out(`${this.#nodeLine(event)}\n`);
  }

  /** ` OK    table       gold.daily_revenue            SELECT 3    0.02s` */
  #nodeLine({ node, result }: Finished): string {
    const { dim } = this.#colors;
    const [word, paint] = stateOf(result, this.#colors);
    const isModel = node.materialized !== '' && node.resourceType !== 'seed';
    const kind = clip(isModel ? node.materialized : node.resourceType, 11).padEnd(11);
    const start = `${this.#state(word, paint)} ${dim(kind)} `;
    const room = this.#terminal.columns - 20;
    const detail = detailOf(result, node.materialized);
    if (result.status === 'skipped' || result.status === 'no-op') {
      const name = clip(node.relation, room);
      return `${start}${name}  ${dim(clip(detail, Math.max(0, room - width(name) - 2)))}`.trimEnd();
    }
    const nameWidth = Math.max(8, Math.min(room - detailWidth - 11, 56));
    const name = clip(node.relation, nameWidth);
    const gap = ' '.repeat(Math.max(0, nameWidth - width(name)) + 2);
    const shown = clip(detail, detailWidth).padStart(detailWidth);
    return `${start}${name}${gap}${dim(shown)}  ${dim(seconds(result.executionTimeMs).padStart(7))}`;
  }

  #state(word: string, paint: (text: string) => string): string {
    return ` ${paint(word.toUpperCase().padEnd(5))} `;
  }

  #message(event: Extract<RunEvent, { kind: 'message' }>): void {
    const { yellow, red, dim, cyan } = this.#colors;
    if (event.printed) {
      if (this.#options.print) this.#terminal.out(`${event.text}\n`);
      return;
    }
    switch (event.level) {
      case 'debug':
        if (this.#options.debug) this.#terminal.out(`${dim(event.text)}\n`);
        return;
      case 'info':
        this.#say(dim(event.text));
        return;
      case 'warn': {
        if (this.#options.quiet) return;
        const code = event.code === undefined ? '' : `[${event.code}]`;
        const place =
          event.location === undefined ? '' : `\n  ${dim('-->')} ${placeName(event.location, this.#options)}`;
        const hint = event.hint === undefined ? '' : `\n  ${cyan('hint')}: ${event.hint}`;
        this.#terminal.out(`${yellow(`warning${code}`)}: ${event.text}${place}${hint}\n`);
        return;
      }
      case 'error':
        this.#terminal.err(`${red('error')}: ${event.text}\n`);
        return;
    }
  }

  #ended(event: Extract<RunEvent, { kind: 'run-finished' }>): void {
    const { bold, green, red, yellow, dim } = this.#colors;
    this.#terminal.footer.clear();
    if (event.counts.total === 0 && this.#total === 0) return;
    const failures = this.#failures.flatMap((failure) => this.#describeFailure(failure));
    if (failures.length > 0) this.#terminal.out(`${failures.join('\n')}\n`);
    this.#say('');
    if (this.#published !== undefined) {
      const { path, changed } = this.#published;
      const near = /^\w{2,}:\/\//.test(path) ? path : relative(process.cwd(), path);
      const shown = near.startsWith('..') ? path : near;
      this.#say(`Published ${bold(shown)} ${dim(`(${changed} ${plural('relation', changed)} changed)`)}`);
    }
    const took = seconds(event.elapsedMs);
    const ending = event.interrupted ? yellow(`Interrupted ${event.command}`) : `Finished ${event.command}`;
    this.#say(`${ending} in ${took}`);
    const { error, warn } = event.counts;
    const paint = error > 0 ? red : warn > 0 || event.interrupted ? yellow : green;
    this.#say(paint(summaryLine(event.counts)));
  }

  #describeFailure({ node, result }: Finished): readonly string[] {
    const { bold, red, yellow, dim } = this.#colors;
    const isWarning = result.status === 'warn';
    const word = isWarning ? yellow('warning') : red(result.status === 'fail' ? 'failure' : 'error');
    const code = result.error === undefined ? '' : dim(` [${result.error.code}]`);
    const lines = ['', `${word} in ${node.resourceType} ${bold(node.name)} ${dim(`(${node.file})`)}${code}`];
    const message = (result.error?.message ?? result.message).replaceAll('\r\n', '\n').trim();
    lines.push(
      ...visible(message)
        .split('\n')
        .map((line) => `  ${line}`),
    );
    if (result.error !== undefined) {
      lines.push(
        ...placeLines(result.error, this.#colors, this.#options),
        ...hintLines(result.error, this.#colors),
      );
    }
    if (this.#options.debug && result.error?.stack !== undefined) lines.push(dim(result.error.stack));
    if (node.compiledPath !== undefined) {
      const near = relative(process.cwd(), node.compiledPath);
      lines.push(`  ${dim('compiled:')} ${near.startsWith('../..') ? node.compiledPath : near}`);
    }
    return lines;
  }

  /** ` 12/40  3.2s  silver.orders, gold.daily_revenue` */
  #footer(): string {
    const { dim, cyan } = this.#colors;
    const now = Date.now();
    const running = [...this.#running.values()].map(({ what, startedMs }) => {
      const ms = now - startedMs;
      return ms < 1000 ? what : `${what} ${seconds(ms)}`;
    });
    const frame = frames[Math.floor(now / 100) % frames.length]!;
    const head = ` ${frame} ${this.#finished}/${this.#total}  ${seconds(now - this.#startedMs)}  `;
    const room = this.#terminal.columnsNow() - 1;
    if (width(head) >= room) return cyan(clip(head, room));
    return `${cyan(head)}${dim(clip(running.join(', '), room - width(head)))}`;
  }

  #say(text: string): void {
    if (!this.#options.quiet) this.#terminal.out(`${text}\n`);
  }
}

function stoppingText({ reason, running }: Extract<RunEvent, { kind: 'stopping' }>): string {
  if (reason === 'fail-fast') return 'Stopping at the first failure';
  const queries = running === 1 ? 'query is' : 'queries are';
  return `Stopping: ${running} running ${queries} interrupted, the rest is skipped (Ctrl-C again quits at once)`;
}

/** Columns for what a node did: `SELECT 1000000`. */
const detailWidth = 14;

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

function stateOf(result: NodeResult, colors: Colors): readonly [string, (text: string) => string] {
  switch (result.status) {
    case 'success':
      return ['ok', colors.green];
    case 'pass':
      return ['pass', colors.green];
    case 'warn':
      return ['warn', colors.yellow];
    case 'fail':
      return ['fail', colors.red];
    case 'error':
      return ['error', colors.red];
    case 'partial success':
      return ['part', colors.red];
    case 'skipped':
      return ['skip', colors.dim];
    case 'no-op':
      return ['no-op', colors.dim];
  }
}

/** The short word at the end of a node's line: what it did, how many rows failed, why it was skipped. */
function detailOf(result: NodeResult, materialized: string): string {
  switch (result.status) {
    case 'pass':
      return '';
    case 'success': {
      const rows = result.adapterResponse['rows_affected'];
      if (typeof rows === 'number' && materialized !== 'view') return rowCount(rows);
      return result.message === 'OK' ? '' : firstLine(result.message);
    }
    case 'fail':
    case 'warn':
      return result.failures === null ? '' : rowCount(result.failures);
    case 'error':
      return '';
    case 'no-op':
      return '';
    default:
      return firstLine(result.message);
  }
}

const rowCount = (count: number): string => `${withCommas(count)} ${count === 1 ? 'row' : 'rows'}`;

const firstLine = (text: string): string => text.split('\n', 1)[0] ?? '';

/** A duration as people say it: `0.42s`, `12.3s`, `4m 05s`. */
export function seconds(ms: number): string {
  if (ms < 10_000) return `${(ms / 1000).toFixed(2)}s`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)}s`;
  const whole = Math.round(ms / 1000);
  return `${Math.floor(whole / 60)}m ${String(whole % 60).padStart(2, '0')}s`;
}
