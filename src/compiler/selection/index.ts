/** dbt's node selection: which resources of a manifest a command is about. */
export { planSelection, type SelectionResult, type SelectionSpec, selectNodes } from './select-nodes.ts';
