/** Plans of seeds. Pure. */
import { assert } from '../base/index.ts';
import type { AgateTable, WarehouseColumn } from '../compiler/index.ts';
import { quoteIdentifier } from '../duckdb/index.ts';
import { targetErrors } from './errors.ts';
import type { PlanStep } from './plan.ts';
import { documentSteps, frame, indexSteps } from './plan-frame.ts';
import type { PlanInput, SeedFacts } from './plan-input.ts';
import { dropOther } from './plan-relation.ts';
import { printName } from './relation-sql.ts';

/**
 * A table of a CSV file's rows: made anew the first time and with `--full-refresh`, else emptied and
 * filled, so that its columns, indexes and whoever depends on it stay.
 *
 * @throws targets.seed-columns-changed
 */
export function planSeed(input: PlanInput): readonly PlanStep[] {
  const { node, target, seed } = input;
  assert(seed, 'a seed has a file');
  const load: PlanStep = {
    kind: 'load-seed',
    relation: target,
    file: seed.file,
    delimiter: seed.delimiter,
    quote: seed.quote,
    columns: seed.columns.map((column) => column.name),
    isRefresh: input.fullRefresh,
    rows: seed.rows,
    isRagged: seed.isRagged,
  };
  const rebuilt = input.existing?.kind !== 'table' || input.fullRefresh;
  if (!rebuilt) checkColumns(input, seed);
  if (seed.table !== undefined) return planSeedByMacros(input, seed.table, rebuilt);
  return frame(node, [
    ...(rebuilt ? dropOther(input, 'table') : []),
    {
      kind: 'sql',
      sql: rebuilt
        ? `create or replace table ${printName(target)} (${seed.columns.map(columnSql).join(', ')})`
        : `truncate ${printName(target)}`,
    },
    load,
    ...(rebuilt ? indexSteps(node, target) : []),
    ...documentSteps(node, target, 'table'),
    { kind: 'made', relation: target, as: 'table', select: null },
  ]);
}

function planSeedByMacros(input: PlanInput, table: AgateTable, rebuilt: boolean): readonly PlanStep[] {
  const { node, target, existing, fullRefresh } = input;
  return frame(node, [
    ...(rebuilt ? dropOther(input, 'table') : []),
    {
      kind: 'seed-by-macros',
      relation: target,
      table,
      first: existing?.kind === 'table' ? 'reset_csv_table' : 'create_csv_table',
      isRefresh: fullRefresh,
    },
    ...(rebuilt ? indexSteps(node, target) : []),
    ...documentSteps(node, target, 'table'),
    { kind: 'made', relation: target, as: 'table', select: null },
  ]);
}

function columnSql(column: WarehouseColumn): string {
  return `${quoteIdentifier(column.name)} ${column.type}`;
}

function checkColumns(input: PlanInput, seed: SeedFacts): void {
  const inTable = new Set(input.existingColumns.map((column) => column.name.toLowerCase()));
  const inFile = new Set(seed.columns.map((column) => column.name.toLowerCase()));
  const missing = input.existingColumns.filter((column) => !inFile.has(column.name.toLowerCase()));
  const unexpected = seed.columns.filter((column) => !inTable.has(column.name.toLowerCase()));
  if (missing.length + unexpected.length === 0) return;
  throw targetErrors['seed-columns-changed'](
    {
      seed: input.node.name,
      missing: missing.map((column) => column.name),
      unexpected: unexpected.map((column) => column.name),
    },
    { location: { file: seed.file, line: 1 } },
  );
}
