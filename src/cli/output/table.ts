/** Rows as a table for the eye: aligned, clipped to the terminal, NULL told from an empty text. */
import type { Grid } from '../../workflows/index.ts';
import type { Colors } from './terminal.ts';
import { visible } from './visible.ts';

/**
 * The lines of a table:
 *
 *     ┌────────┬───────┐
 *     │ symbol │ price │
 *     ├────────┼───────┤
 *     │ AAPL   │ 25.94 │
 *     └────────┴───────┘
 *
 * Columns narrow from the widest until the table fits; what is cut ends in `…`.
 *
 * @param columns the terminal's width.
 */
export function printTable(grid: Grid, columns: number, colors: Colors): string {
  if (grid.columns.length === 0) return '';
  const isNumber = grid.columns.map(({ type }) => numeric.test(type));
  const names = grid.columns.map(({ name }) => oneLine(name));
  const texts = grid.rows.map((row) => row.map((cell) => oneLine(cell.text ?? 'NULL')));
  const widths = fitTo(
    names.map((name, i) => texts.reduce((widest, row) => Math.max(widest, width(row[i] ?? '')), width(name))),
    columns,
  );
  const rule = (left: string, middle: string, right: string): string =>
    colors.dim(`${left}${widths.map((w) => '─'.repeat(w + 2)).join(middle)}${right}`);
  const bar = colors.dim('│');
  const line = (cells: readonly string[]): string => `${bar} ${cells.join(` ${bar} `)} ${bar}`;
  const head = names.map((name, i) => colors.bold(pad(name, widths[i]!, isNumber[i]!)));
  const body = grid.rows.map((row, r) =>
    line(
      row.map((cell, i) => {
        const text = pad(texts[r]![i]!, widths[i]!, isNumber[i]!);
        return cell.text === null ? colors.dim(text) : text;
      }),
    ),
  );
  return [rule('┌', '┬', '┐'), line(head), rule('├', '┼', '┤'), ...body, rule('└', '┴', '┘')].join('\n');
}

const numeric = /^(?:U?(?:TINY|SMALL|BIG|HUGE)?INT(?:EGER)?|DOUBLE|FLOAT|DECIMAL.*)$/;

function fitTo(wanted: readonly number[], columns: number): readonly number[] {
  const widths = [...wanted];
  const room = columns - 1 - widths.length * 3;
  let total = widths.reduce((sum, w) => sum + w, 0);
  while (total > room) {
    const widest = Math.max(...widths);
    if (widest <= 6) break;
    widths[widths.indexOf(widest)] = widest - 1;
    total -= 1;
  }
  return widths;
}

function pad(text: string, columns: number, toTheRight: boolean): string {
  const cut = clip(text, columns);
  const space = ' '.repeat(Math.max(0, columns - width(cut)));
  return toTheRight ? space + cut : cut + space;
}

/** `text` in at most `columns` columns. */
export function clip(text: string, columns: number): string {
  if (width(text) <= columns) return text;
  let cut = '';
  let used = 0;
  for (const character of text) {
    const w = width(character);
    if (used + w > columns - 1) break;
    cut += character;
    used += w;
  }
  return `${cut}…`;
}

/** How many columns a terminal gives `text`: two for East Asian characters and emoji, none for marks. */
export function width(text: string): number {
  let columns = 0;
  for (const character of text) {
    if (/\p{Mark}|\u200d|\ufe0f/u.test(character)) continue;
    columns += wide.test(character) ? 2 : 1;
  }
  return columns;
}

const wide =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}]/u;

const oneLine = (text: string): string => visible(text.replaceAll(/\r?\n/g, '⏎').replaceAll('\t', ' '));
