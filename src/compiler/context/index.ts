/** What a template sees: names, objects and functions of dbt's context. */

export { AgateTable } from './agate-table.ts';
export { buildContext } from './build-context.ts';
export { Column, ColumnFactory, type ColumnParts } from './column.ts';
export { type CsvType, csvColumnType, csvTable, csvTypeOf } from './csv-table.ts';
export { printPythonJson } from './data-text.ts';
export { PyDate, PyDateTime, PyTime } from './date-time.ts';
export { Decimal } from './decimal.ts';
export { readLocation, writeOptions } from './external-files.ts';
export * from './input.ts';
export { moduleValues } from './modules.ts';
export { isRelation, Relation } from './relation.ts';
export { RelationFactory } from './relation-factory.ts';
export type { RelationParts, RelationPolicy } from './relation-parts.ts';
export { withResultObjects } from './result-object.ts';
export { ResponseObject } from './results.ts';
export { agateTableOf } from './warehouse-values.ts';
