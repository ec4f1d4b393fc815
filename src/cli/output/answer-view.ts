/** The answer to one statement as a person reads it: a table of rows, or what was done. */
import type { Grid, QueryResult, StatementOutcome } from '../../workflows/index.ts';
import type { Terminal } from './terminal.ts';

/** Prints `answer`: rows to standard output, what is said of them to standard error unless `quiet`. */
export async function printAnswer(
  answer: QueryResult,
  terminal: Terminal,
  { quiet, more }: { readonly quiet: boolean; readonly more: string },
): Promise<void> {
  const { outcome } = answer;
  // What the engine gives for a setting: a column of that name, and no row.
  if (answer.rows.length === 0 && answer.columns.map(({ name }) => name).join() === 'Success') return;
  if (isExplanation(answer)) {
    await terminal.data(`${answer.rows.map((row) => row[1]?.text ?? '').join('\n')}\n`);
    return;
  }
  if (answer.columns.length > 0) {
    const { printTable } = await import('./table.ts');
    const shown =
      outcome === undefined ? answer : await readable({ ...outcome, ...answer }, terminal.columns);
    await terminal.data(`${printTable(shown, terminal.columns, terminal.colors)}\n`);
  }
  if (quiet) return;
  const told = outcome === undefined || outcome.statement === 'history' || outcome.statement === 'detail';
  if (told) {
    const count = `${answer.rows.length} ${answer.rows.length === 1 ? 'row' : 'rows'}`;
    terminal.err(`${terminal.colors.dim(`${count}${answer.truncated ? more : ''}`)}\n`);
    return;
  }
  const { describeOutcome } = await import('./statement-view.ts');
  const name = outcome.table.split('/').at(-1) ?? outcome.table;
  terminal.err(`${terminal.colors.dim(describeOutcome(outcome, name))}\n`);
}

/** Many columns of few rows, turned into what a terminal has room for. */
async function readable(outcome: StatementOutcome, width: number): Promise<Grid> {
  const { downwardGrid, historyGrid } = await import('./table-facts.ts');
  if (outcome.statement === 'history') return historyGrid(outcome);
  const headWidth = outcome.columns.reduce((sum, { name }) => sum + name.length + 3, 1);
  const isWide = outcome.rows.length === 1 && headWidth > width;
  return outcome.statement === 'detail' || isWide ? downwardGrid(outcome) : outcome;
}

/** What EXPLAIN gives is a drawing of many lines, which a table would fold. */
function isExplanation({ columns }: Grid): boolean {
  return columns.map(({ name }) => name).join() === 'explain_key,explain_value';
}
