/** `time_spine:` of a model: which of its columns has a row for each unit of time. */
import { didYouMean } from '../../base/index.ts';
import type { ColumnInfo, Plain } from '../manifest.ts';
import { type PropertyEntry, placeOf } from '../property-entries.ts';
import { granularities } from './choices.ts';
import { semanticErrors } from './errors.ts';
import { Given } from './given.ts';

/** What the manifest says of a model's time spine; null for other models. @throws compiler.bad-time-spine, compiler.bad-property */
export function readTimeSpine(
  entry: PropertyEntry,
  columns: Readonly<Record<string, ColumnInfo>>,
): Plain | null {
  const given = new Given(entry)
    .mapping('time_spine')
    ?.only('standard_granularity_column', 'custom_granularities');
  if (given === undefined) return null;
  const standard = given.requiredText('standard_granularity_column');
  const custom = given.mappings('custom_granularities').map((one) => ({
    name: one.only('name', 'column_name').requiredText('name'),
    column_name: one.text('column_name'),
  }));
  const fail = (problem: string, path: readonly string[], hint?: string): never => {
    throw semanticErrors['bad-time-spine'](
      { model: entry.name, problem },
      { location: placeOf(entry, ...path), ...(hint === undefined ? {} : { hint }) },
    );
  };
  const place = ['time_spine', 'standard_granularity_column'];
  const column = columns[standard];
  if (column === undefined) {
    const hint = didYouMean(standard, Object.keys(columns));
    return fail(`'${standard}' is not among the model's columns`, place, hint);
  }
  if (!column.granularity) return fail(`its column '${standard}' needs a 'granularity'`, place);
  for (const { name, column_name: written } of custom) {
    const needed = written ?? name;
    if (columns[needed] !== undefined) continue;
    const hint = didYouMean(needed, Object.keys(columns));
    fail(`'${needed}' is not among the model's columns`, ['time_spine', 'custom_granularities'], hint);
  }
  return { standard_granularity_column: standard, custom_granularities: custom };
}

/** A column's `granularity`, null where it has none. @throws compiler.bad-property */
export function readGranularity(written: Plain, entry: PropertyEntry, index: number): string | null {
  const value = written['granularity'];
  if (value === null || value === undefined || value === '') return null;
  return new Given(entry, written, ['columns', index]).choice('granularity', granularities);
}
