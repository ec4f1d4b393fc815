/** What an expression is made of, and the columns that an item of a SELECT list gives. */
import {
  type Columns,
  columnOf,
  type Made,
  none,
  type Origins,
  type Scope,
  type Source,
  union,
} from './scope.ts';
import {
  constantsBelow,
  constantText,
  entriesOf,
  type Tree,
  textOf,
  textsOf,
  treeOf,
  treesOf,
} from './sql-tree.ts';

/** What an expression needs of the queries in it. */
export type QueryColumns = (query: Tree, outer: Scope) => Columns;

/** Keys that hold no expression. */
const silent: ReadonlySet<string> = new Set(['cast_type', 'query_location', 'value']);

/** Every column that the value of `tree` is computed from. */
export function expressionOrigins(
  tree: unknown,
  scope: Scope,
  ask: QueryColumns,
  shadowed: ReadonlySet<string> = new Set(),
): Origins {
  if (Array.isArray(tree)) return union(tree.map((item) => expressionOrigins(item, scope, ask, shadowed)));
  const own = treeOf(tree);
  if (own === undefined) return none;
  switch (own['class']) {
    case 'COLUMN_REF': {
      const names = textsOf(own['column_names']);
      return shadowed.has((names[0] ?? '').toLowerCase()) ? none : scope.origins(names);
    }
    case 'STAR':
      return union(starColumns(own, scope, ask).map(({ origins }) => origins));
    case 'LAMBDA': {
      const parameters = columnNamesBelow(own['lhs']).map((name) => name.toLowerCase());
      return expressionOrigins(own['expr'], scope, ask, new Set([...shadowed, ...parameters]));
    }
    case 'SUBQUERY': {
      const query = treeOf(treeOf(own['subquery'])?.['node']);
      const child = expressionOrigins(own['child'], scope, ask, shadowed);
      if (query === undefined || own['subquery_type'] === 'EXISTS') return child;
      return union([child, ...ask(query, scope).known.map(({ origins }) => origins)]);
    }
    default:
      return union(
        Object.entries(own).map(([key, value]) =>
          silent.has(key) && own['class'] !== undefined
            ? none
            : expressionOrigins(value, scope, ask, shadowed),
        ),
      );
  }
}

/** The columns that one item of a SELECT list gives: one, or as many as a star stands for. */
export function selectedColumns(tree: Tree, scope: Scope, ask: QueryColumns): readonly Made[] {
  const alias = textOf(tree['alias']);
  if (tree['class'] === 'STAR') return starColumns(tree, scope, ask);
  const pattern = starPattern(tree);
  if (pattern !== undefined) {
    return starColumns(pattern.star, scope, ask).filter(({ name }) => pattern.matches(name));
  }
  const inner = columnsStar(tree);
  if (inner !== undefined) {
    // An expression over COLUMNS(…) is one for each of them.
    return starColumns(inner, scope, ask).map(({ name, origins }) => ({ name: alias || name, origins }));
  }
  return [{ name: alias || nameOf(tree), origins: expressionOrigins(tree, scope, ask) }];
}

/** What `*`, `t.*` and COLUMNS(…) stand for. */
function starColumns(star: Tree, scope: Scope, ask: QueryColumns): readonly Made[] {
  const relation = textOf(star['relation_name']).toLowerCase();
  const excluded = new Set(textsOf(star['exclude_list']).map((name) => name.toLowerCase()));
  const qualified = new Set(
    treesOf(star['qualified_exclude_list']).map((entry) =>
      `${textOf(entry['table'])}.${textOf(entry['column'])}`.toLowerCase(),
    ),
  );
  const replaced = new Map(
    entriesOf(star['replace_list']).map(([name, tree]) => [textOf(name).toLowerCase(), tree] as const),
  );
  const names = new Map(
    entriesOf(star['rename_list']).map(
      ([from, to]) => [textOf(treeOf(from)?.['column']).toLowerCase(), textOf(to)] as const,
    ),
  );
  const isWanted = columnFilter(star);
  const found: Made[] = [];
  for (const source of scope.sources) {
    if (relation !== '' && source.alias.toLowerCase() !== relation) continue;
    for (const column of visible(source, relation !== '')) {
      const key = column.name.toLowerCase();
      const isOut = excluded.has(key) || qualified.has(`${source.alias}.${column.name}`.toLowerCase());
      if (isOut || !isWanted(column.name)) continue;
      const other = replaced.get(key);
      const origins = other === undefined ? column.origins : expressionOrigins(other, scope, ask);
      found.push({ name: names.get(key) ?? column.name, origins });
    }
  }
  return found;
}

function visible(source: Source, isQualified: boolean): readonly Made[] {
  return isQualified
    ? source.known
    : source.known.filter(({ name }) => !source.merged.has(name.toLowerCase()));
}

/** Which columns COLUMNS(…) takes: those that match a regular expression, or that a list names. */
function columnFilter(star: Tree): (name: string) => boolean {
  const condition = treeOf(star['expr']);
  if (star['columns'] !== true || condition === undefined) return () => true;
  const pattern = constantText(condition);
  if (pattern !== undefined) {
    try {
      const expression = new RegExp(pattern);
      return (name) => expression.test(name);
    } catch {
      return () => true;
    }
  }
  // A list of names. A lambda says which names it takes only when it is run: all may be meant.
  if (textOf(condition['function_name']) !== 'list_value') return () => true;
  const listed = new Set(constantsBelow(condition).map((name) => name.toLowerCase()));
  return (name) => listed.has(name.toLowerCase());
}

/** `* LIKE 'a%'` and its kin. */
function starPattern(tree: Tree): { star: Tree; matches: (name: string) => boolean } | undefined {
  const [star, operand] = treesOf(tree['children']);
  const operator = textOf(tree['function_name']);
  const pattern = constantText(operand);
  if (star?.['class'] !== 'STAR' || star['columns'] === true || pattern === undefined) return undefined;
  if (!['~~', '!~~', '~~*', '!~~*', '~~~'].includes(operator)) return undefined;
  const isGlob = operator === '~~~';
  const escaped = pattern.replace(/[.*+?^${}()|[\]\\]/g, (mark) =>
    isGlob && '*?'.includes(mark) ? mark : `\\${mark}`,
  );
  const body = isGlob
    ? escaped.replaceAll('*', '.*').replaceAll('?', '.')
    : escaped.replaceAll('%', '.*').replaceAll('_', '.');
  const expression = new RegExp(`^${body}$`, operator.endsWith('*') ? 'is' : 's');
  const isNegated = operator.startsWith('!');
  return { star, matches: (name) => expression.test(name) !== isNegated };
}

/** The COLUMNS(…) in an expression, outside of the queries in it. */
function columnsStar(tree: unknown): Tree | undefined {
  if (Array.isArray(tree)) {
    for (const item of tree) {
      const found = columnsStar(item);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  const own = treeOf(tree);
  if (own === undefined || own['class'] === 'SUBQUERY') return undefined;
  if (own['class'] === 'STAR') return own['columns'] === true ? own : undefined;
  return columnsStar(Object.values(own));
}

/** Names that an expression mentions as columns. */
export function columnNamesBelow(tree: unknown): readonly string[] {
  if (Array.isArray(tree)) return tree.flatMap(columnNamesBelow);
  const own = treeOf(tree);
  if (own === undefined) return [];
  if (own['class'] === 'COLUMN_REF') return textsOf(own['column_names']).slice(-1);
  return Object.values(own).flatMap(columnNamesBelow);
}

/** The name that DuckDB gives a column without an alias, for the plain cases that others refer to it by. */
function nameOf(tree: Tree): string {
  if (tree['class'] === 'COLUMN_REF') return textsOf(tree['column_names']).at(-1) ?? '';
  if (tree['type'] === 'STRUCT_EXTRACT') return constantText(treesOf(tree['children'])[1]) ?? '';
  if (tree['class'] !== 'FUNCTION' || tree['is_operator'] === true) return '';
  const children = treesOf(tree['children']).map((child) => nameOf(child) || constantText(child) || '');
  const name = textOf(tree['function_name']);
  return name === 'count_star' ? 'count_star()' : `${name}(${children.join(', ')})`;
}

/** The column `name` among `columns`, or what a column that isn't known would be made of. */
export function originsIn(columns: Columns, name: string): Origins {
  return columnOf(columns, name)?.origins ?? columns.others?.(name) ?? none;
}
