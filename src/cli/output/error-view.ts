/**
 * An error as a person reads it: what happened, the place with its lines, what to do.
 *
 *     error[compiler.ref-not-found]: model daily refers to ref('ordres'), and …
 *       --> models/daily.sql:2:6
 *         1 | select *
 *       > 2 | from {{ ref('ordres') }}
 *           |      ^
 *       hint: Did you mean 'orders'?
 */
import { readFileSync } from 'node:fs';
import { isAbsolute, relative, resolve } from 'node:path';
import { type BoathouseError, BugError, isBoathouseError, type SourceLocation } from '../../base/index.ts';
import type { Colors, Terminal } from './terminal.ts';
import { visible } from './visible.ts';

/** How much is told. */
export interface ErrorViewOptions {
  /** Whether stack traces are printed. */
  readonly debug: boolean;
  /** Where a relative file of a location may also be. */
  readonly projectDir?: string | undefined;
}

/** Prints `error` to standard error. */
export function printError(error: unknown, terminal: Terminal, options: ErrorViewOptions): void {
  const { colors } = terminal;
  terminal.err(`${describeError(error, colors, options)}\n`);
}

/** The lines that describe `error`. */
export function describeError(error: unknown, colors: Colors, options: ErrorViewOptions): string {
  const lines: string[] = [];
  if (isBoathouseError(error)) {
    const [first = '', ...more] = visible(error.message).split('\n');
    lines.push(
      `${colors.red(colors.bold(`error[${error.code}]`))}: ${first}`,
      ...more.map((line) => `  ${line}`),
    );
    lines.push(...placeLines(error, colors, options), ...hintLines(error, colors));
  } else {
    const message = error instanceof Error ? error.message : String(error);
    const what = error instanceof BugError ? 'Boathouse has made a mistake' : 'something went wrong';
    lines.push(`${colors.red(colors.bold('error'))}: ${what}: ${visible(message)}`);
    if (!options.debug)
      lines.push(`  ${colors.cyan('hint')}: Run it again with --debug, and report what it prints.`);
  }
  if (options.debug) lines.push(...stackLines(error, colors));
  return lines.join('\n');
}

/** `  hint: …`, where the error has one. */
export function hintLines(error: BoathouseError, colors: Colors): readonly string[] {
  if (error.hint === undefined) return [];
  return [`  ${colors.cyan('hint')}: ${visible(error.hint).split('\n').join('\n        ')}`];
}

/** Where it happened: the file's name and line, and the lines around. Empty without a location. */
export function placeLines(
  error: BoathouseError,
  colors: Colors,
  options: ErrorViewOptions,
): readonly string[] {
  const { location } = error;
  if (location === undefined) return [];
  const lines = [`  ${colors.dim('-->')} ${placeName(location, options)}`];
  lines.push(...codeFrame(location, colors, options));
  for (const call of location.stack ?? []) lines.push(`  ${colors.dim(`called from ${call}`)}`);
  return lines;
}

/** `models/daily.sql:2:6`, relative to where the user is. */
export function placeName(location: SourceLocation, options: ErrorViewOptions): string {
  const file = findFile(location.file, options);
  const near = isAbsolute(file) ? relative(process.cwd(), file) : file;
  const shown = near === '' || near.startsWith('../..') ? file : near;
  const column = location.column === undefined ? '' : `:${location.column}`;
  return location.line === undefined ? shown : `${shown}:${location.line}${column}`;
}

/** The line itself with two before and one after, and a caret under the column. */
function codeFrame(location: SourceLocation, colors: Colors, options: ErrorViewOptions): readonly string[] {
  const { line, column } = location;
  if (line === undefined) return [];
  const text = location.text ?? readText(findFile(location.file, options));
  const source = text?.split(/\r?\n/);
  if (source === undefined || source[line - 1] === undefined) return [];
  const first = Math.max(1, line - 2);
  const last = Math.min(source.length, line + 1);
  const width = String(last).length;
  const frame: string[] = [];
  for (let at = first; at <= last; at += 1) {
    const isIt = at === line;
    const shown = clip(visible(source[at - 1] ?? '').replaceAll('\t', '    '));
    if (!isIt && at === last && shown.trim() === '') continue;
    const gutter = `${String(at).padStart(width)} |`;
    frame.push(isIt ? `  ${colors.red('>')} ${gutter} ${shown}` : colors.dim(`    ${gutter} ${shown}`));
    if (isIt && column !== undefined) {
      const before = (source[at - 1] ?? '').slice(0, column - 1).replaceAll('\t', '    ').length;
      frame.push(`    ${' '.repeat(width)} ${colors.dim('|')} ${' '.repeat(before)}${colors.red('^')}`);
    }
  }
  return frame;
}

/** A line of minified text would bury the rest. */
const clip = (line: string): string => (line.length > 160 ? `${line.slice(0, 159)}…` : line);

function findFile(file: string, { projectDir }: ErrorViewOptions): string {
  if (isAbsolute(file) || projectDir === undefined) return file;
  const inProject = resolve(projectDir, file);
  return readText(file) === undefined && readText(inProject) !== undefined ? inProject : file;
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function stackLines(error: unknown, colors: Colors): readonly string[] {
  const lines: string[] = [];
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth += 1) {
    lines.push(colors.dim(`${depth === 0 ? '' : 'caused by '}${at.stack ?? at.message}`));
  }
  return lines;
}
