/** dbt's node selection: which resources of a manifest a command is about. */
export { selectionErrors } from './errors.ts';
export { planSelection, type SelectionResult, type SelectionSpec, selectNodes } from './select-nodes.ts';
/** What `state:` and `result:` compare with. */
export type { PreviousState, SourceTimes } from './state.ts';
