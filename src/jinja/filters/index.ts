/** All of Jinja's filters, and dbt's. */
import type { Filter } from './filter.ts';
import { sequenceFilters } from './sequence-filters.ts';
import { textFilters } from './text-filters.ts';
import { valueFilters } from './value-filters.ts';

/** Filters by name. */
export const filters: ReadonlyMap<string, Filter> = new Map([
  ...textFilters,
  ...sequenceFilters(() => filters),
  ...valueFilters,
]);
