/** `boathouse dev` as a person sees it: one screen that is drawn anew, or line after line without a terminal. */
import { relative } from 'node:path';
import type { DevUpdate } from '../../workflows/index.ts';
import { withCommas } from './amounts.ts';
import { describeError } from './error-view.ts';
import { seconds } from './run-view.ts';
import { clip, printTable, width } from './table.ts';
import type { Colors, Terminal } from './terminal.ts';
import { visible } from './visible.ts';

/** Everything that is known, of the newest look. */
export interface DevState {
  readonly root: string;
  readonly isLooking: boolean;
  readonly changed: readonly string[];
  /** When the last look ended: `15:04:05`. */
  readonly lookedAt: string;
  readonly checked?: Extract<DevUpdate, { kind: 'checked' }> | undefined;
  readonly compiled?: Extract<DevUpdate, { kind: 'compiled' }> | undefined;
  readonly preview?: Extract<DevUpdate, { kind: 'preview' }> | undefined;
  readonly broken?: Extract<DevUpdate, { kind: 'broken' }> | undefined;
  /** Warnings of this look. */
  readonly warnings: readonly string[];
}

/** Before anything is known. */
export const firstState: DevState = { root: '', isLooking: true, changed: [], lookedAt: '', warnings: [] };

/** What is known once `update` has happened. Pure. */
export function afterUpdate(state: DevState, update: DevUpdate, time: string): DevState {
  switch (update.kind) {
    case 'watching':
      return { ...state, root: update.root };
    case 'looking':
      return { ...state, isLooking: true, changed: update.changed, warnings: [] };
    case 'checked':
      return { ...state, checked: update, broken: undefined };
    case 'compiled': {
      // Rows of another text say nothing about this one.
      const isSame = state.preview?.uniqueId === update.uniqueId && state.compiled?.code === update.code;
      return { ...state, compiled: update, ...(isSame ? {} : { preview: undefined }) };
    }
    case 'preview':
      return { ...state, preview: update };
    case 'broken':
      return { ...state, broken: update, preview: undefined };
    case 'idle':
      return { ...state, isLooking: false, lookedAt: time };
  }
}

/** The lines of the screen: no more than `rows`, none wider than `columns`. Pure. */
export function devScreen(
  state: DevState,
  size: { readonly columns: number; readonly rows: number },
  colors: Colors,
): readonly string[] {
  const { columns, rows } = size;
  const head = [headLine(state, colors), colors.dim('─'.repeat(columns))];
  const foot = [colors.dim(footText(state))];
  const error = state.broken === undefined ? [] : brokenLines(state, colors);
  const warnings = state.warnings.slice(0, 3);
  const preview = state.preview === undefined ? [] : previewLines(state.preview, columns, colors);
  const room = rows - head.length - foot.length;
  const below = [...warnings, ...error, ...preview].slice(0, Math.max(0, room - 2));
  const code = state.compiled === undefined ? [] : codeLines(state.compiled, colors);
  const codeRoom = room - below.length;
  const shown = code.length <= codeRoom ? code : code.slice(0, Math.max(0, codeRoom - 1));
  if (shown.length < code.length && codeRoom > 0)
    shown.push(colors.dim(`  … ${code.length - shown.length} more lines`));
  const body = [...shown, ...below];
  while (body.length < room) body.push('');
  return [...head, ...body.slice(0, Math.max(0, room)), ...foot]
    .slice(0, rows)
    .map((line) => clipped(line, columns));
}

function headLine({ checked, broken, isLooking }: DevState, colors: Colors): string {
  const { bold, dim, green, red, yellow } = colors;
  const state =
    checked === undefined && broken === undefined
      ? yellow('…')
      : broken === undefined
        ? green('ok')
        : red(broken.what === 'rows' ? 'query failed' : 'broken');
  const facts =
    checked === undefined
      ? ''
      : ` ${bold(checked.project)} ${dim(`on ${checked.target}, ${nodesText(checked)}`)}`;
  return ` ${state}${facts}${isLooking ? yellow('  …') : ''}`;
}

function nodesText({ nodes, elapsedMs }: Extract<DevUpdate, { kind: 'checked' }>): string {
  return `${withCommas(nodes)} ${nodes === 1 ? 'node' : 'nodes'} parsed in ${seconds(elapsedMs)}`;
}

function footText({ lookedAt, changed }: DevState): string {
  const why = changed.length === 0 ? '' : ` after ${someFiles(changed)}`;
  const when = lookedAt === '' ? '' : `${lookedAt}${why}   `;
  return ` ${when}r looks again, q quits`;
}

function someFiles(files: readonly string[]): string {
  const shown = files.slice(0, 2).map(visible).join(', ');
  return files.length > 2 ? `${shown} and ${files.length - 2} more` : shown;
}

function codeLines(
  { name, file, code }: Extract<DevUpdate, { kind: 'compiled' }>,
  { bold, dim }: Colors,
): string[] {
  const lines = visible(code.trim())
    .replaceAll('\t', '    ')
    .split(/\r?\n/)
    .map((line) => `  ${line}`);
  return [`${bold(name)} ${dim(visible(file))}`, ...lines, ''];
}

function previewLines(
  { grid, elapsedMs }: Extract<DevUpdate, { kind: 'preview' }>,
  columns: number,
  colors: Colors,
): readonly string[] {
  const count = grid.rows.length;
  const rows = `${withCommas(count)} ${count === 1 ? 'row' : 'rows'}${grid.truncated ? ', and more' : ''}`;
  return [...printTable(grid, columns, colors).split('\n'), colors.dim(`${rows} in ${seconds(elapsedMs)}`)];
}

function brokenLines({ broken, root }: DevState, colors: Colors): readonly string[] {
  if (broken === undefined) return [];
  const text = describeError(broken.error, colors, { debug: false, projectDir: root });
  return [
    ...(broken.name === undefined ? [] : [colors.red(`in ${visible(broken.name)}:`)]),
    ...text.split('\n'),
    '',
  ];
}

/** A line as wide as the screen at most: colours stay where nothing is cut. */
function clipped(line: string, columns: number): string {
  const plain = line.replace(colourCodes, '');
  return width(plain) <= columns ? line : clip(plain, columns);
}

const colourCodes = /\u001b\[[0-9;]*m/g;

/** Draws the screen on a terminal. */
export class DevScreen {
  readonly #terminal: Terminal;
  #state: DevState = firstState;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
    process.stdout.write('\u001b[?1049h\u001b[?25l');
  }

  /** Shows what has happened. */
  see(update: DevUpdate): void {
    this.#state = afterUpdate(this.#state, update, new Date().toTimeString().slice(0, 8));
    this.draw();
  }

  /** Shows a warning. */
  warn(text: string): void {
    const line = this.#terminal.colors.yellow(`warning: ${visible(text).split('\n', 1)[0] ?? ''}`);
    this.#state = { ...this.#state, warnings: [...this.#state.warnings, line] };
  }

  /** Draws all of it; also after the terminal has got another size. */
  draw(): void {
    const size = { columns: this.#terminal.columnsNow(), rows: process.stdout.rows || 24 };
    const lines = devScreen(this.#state, size, this.#terminal.colors);
    this.#terminal.out(`\u001b[H${lines.map((line) => `${line}\u001b[K`).join('\n')}\u001b[J`);
  }

  /** Gives the terminal back as it was. */
  close(): void {
    process.stdout.write('\u001b[?25h\u001b[?1049l');
  }
}

/** What has happened, as lines for a file, a pipe or a test. */
export function devLines(update: DevUpdate, terminal: Terminal, root: string): void {
  const { colors } = terminal;
  switch (update.kind) {
    case 'watching': {
      const near = relative(process.cwd(), update.root);
      terminal.out(`Watching ${near === '' ? '.' : near.startsWith('..') ? update.root : near}\n`);
      return;
    }
    case 'looking':
      if (update.changed.length > 0) terminal.out(`\nChanged: ${someFiles(update.changed)}\n`);
      return;
    case 'checked':
      terminal.out(`ok ${update.project} on ${update.target}: ${nodesText(update)}\n`);
      return;
    case 'compiled':
      terminal.out(`${codeLines(update, colors).join('\n').trimEnd()}\n`);
      return;
    case 'preview':
      terminal.out(`${previewLines(update, terminal.columns, colors).join('\n')}\n`);
      return;
    case 'broken': {
      const lines = brokenLines({ ...firstState, root, broken: update }, colors);
      terminal.out(`${lines.join('\n').trimEnd()}\n`);
      return;
    }
    case 'idle':
      return;
  }
}
