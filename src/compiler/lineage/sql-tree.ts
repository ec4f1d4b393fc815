/** DuckDB's syntax tree of a statement, as `json_serialize_sql` writes it: objects with a `class` or a `type`. */

/** One object of the tree. */
export type Tree = { readonly [key: string]: unknown };

/** `value` as an object of the tree; undefined when it is none. */
export function treeOf(value: unknown): Tree | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Tree) : undefined;
}

/** The objects in a list; none when `value` is no list. */
export function treesOf(value: unknown): readonly Tree[] {
  if (!Array.isArray(value)) return [];
  return value.map(treeOf).filter((item) => item !== undefined);
}

/** The texts in a list. */
export function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

/** A text, or the empty one. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** The entries of what DuckDB writes for its maps: a list of keys and values. */
export function entriesOf(value: unknown): readonly (readonly [unknown, unknown])[] {
  return treesOf(value).map((entry) => [entry['key'], entry['value']] as const);
}

/** The text of a constant; undefined for anything else. */
export function constantText(tree: Tree | undefined): string | undefined {
  if (tree?.['class'] !== 'CONSTANT') return undefined;
  const value = treeOf(tree['value'])?.['value'];
  return typeof value === 'string' ? value : undefined;
}

/** Every text constant at or below `tree`. */
export function constantsBelow(tree: unknown): readonly string[] {
  if (Array.isArray(tree)) return tree.flatMap(constantsBelow);
  const own = treeOf(tree);
  if (own === undefined) return [];
  const text = constantText(own);
  return text === undefined ? Object.values(own).flatMap(constantsBelow) : [text];
}
