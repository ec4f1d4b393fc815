/** Which expressions Jinja computes when it compiles, which its native environment then prints as text. */
import type { Expression } from '../syntax/nodes.ts';
import { childrenOf } from '../syntax/walk.ts';

/** Whether nothing in `node` depends on the scope or may have effects. */
export function isFoldable(node: Expression): boolean {
  if (node.kind === 'name' || node.kind === 'call' || node.kind === 'namespace-ref') return false;
  if (node.kind === 'conditional' && !node.no) return false;
  if (node.kind === 'filter' && unfoldable.has(node.name)) return false;
  return childrenOf(node).every(isFoldable);
}

/** Filters that need the render, and those that mark a value for the native environment. */
const unfoldable: ReadonlySet<string> = new Set([
  'as_text',
  'as_bool',
  'as_number',
  'as_native',
  'map',
  'select',
  'reject',
  'selectattr',
  'rejectattr',
  'random',
  'safe',
]);
