/** The columns of queries and of what their FROM clauses name. */
import { columnNamesBelow, expressionOrigins, originsIn, selectedColumns } from './expression.ts';
import {
  type Columns,
  columnOf,
  type Made,
  none,
  type Origins,
  renamed,
  Scope,
  type Source,
  union,
} from './scope.ts';
import { constantsBelow, type Tree, textOf, textsOf, treeOf, treesOf } from './sql-tree.ts';

/** A table by the parts of its name that were written: database, schema, name; or a file's place alone. */
export type FindTable = (parts: readonly string[]) => Columns | undefined;

/** Works out the columns of queries that read the tables `find` knows. */
export class Queries {
  readonly #find: FindTable;

  constructor(find: FindTable) {
    this.#find = find;
  }

  /** The columns of a query, within the names of those around it. */
  columns(query: Tree, outer: Scope | undefined, around: ReadonlyMap<string, Columns> = new Map()): Columns {
    const queries = this.#withQueries(query, outer, outer?.queries ?? around, around);
    switch (query['type']) {
      case 'SELECT_NODE':
        return this.#select(query, outer, queries);
      case 'SET_OPERATION_NODE':
        return this.#setOperation(query, outer, queries);
      case 'RECURSIVE_CTE_NODE':
        return this.#recursive(query, outer, queries);
      default: {
        const child = treeOf(query['child']) ?? treeOf(query['query']);
        return child === undefined ? unknown : this.columns(child, outer, queries);
      }
    }
  }

  /** What WITH names, on top of what is known around it. */
  #withQueries(
    query: Tree,
    outer: Scope | undefined,
    known: ReadonlyMap<string, Columns>,
    around: ReadonlyMap<string, Columns>,
  ): ReadonlyMap<string, Columns> {
    const queries = new Map([...known, ...around]);
    for (const entry of treesOf(treeOf(query['cte_map'])?.['map'])) {
      const value = treeOf(entry['value']);
      const body = treeOf(treeOf(value?.['query'])?.['node']);
      if (body === undefined) continue;
      const columns = this.columns(body, outer, queries);
      queries.set(textOf(entry['key']).toLowerCase(), renamed(columns, textsOf(value?.['aliases'])));
    }
    return queries;
  }

  #select(query: Tree, outer: Scope | undefined, queries: ReadonlyMap<string, Columns>): Columns {
    const sources = this.#sources(treeOf(query['from_table']), outer, queries);
    const scope = new Scope(sources, queries, outer);
    const known: Made[] = [];
    let open: ((name: string) => Origins)[] = [];
    for (const item of treesOf(query['select_list'])) {
      const found = selectedColumns(item, scope, this.#ask);
      for (const { name, origins } of found) {
        if (textOf(item['alias']) !== '') scope.selected.set(name.toLowerCase(), origins);
      }
      known.push(...found);
      if (item['class'] === 'STAR') {
        const relation = textOf(item['relation_name']).toLowerCase();
        const starred = sources.filter(({ alias }) => relation === '' || alias.toLowerCase() === relation);
        open = [...open, ...starred.flatMap(({ others }) => others ?? [])];
      }
    }
    if (open.length === 0) return { known };
    return { known, others: (name) => (open.length === 1 ? (open[0]?.(name) ?? none) : none) };
  }

  readonly #ask = (query: Tree, outer: Scope): Columns => this.columns(query, outer);

  #setOperation(query: Tree, outer: Scope | undefined, queries: ReadonlyMap<string, Columns>): Columns {
    const [first = unknown, ...rest] = [query['left'], query['right'], ...treesOf(query['children'])]
      .map(treeOf)
      .filter((part) => part !== undefined)
      .map((part) => this.columns(part, outer, queries));
    const type = textOf(query['setop_type']);
    // EXCEPT and INTERSECT show rows of their first query only.
    if (!type.startsWith('UNION')) return first;
    return rest.reduce(type === 'UNION_BY_NAME' ? unionByName : unionByPosition, first);
  }

  #recursive(query: Tree, outer: Scope | undefined, queries: ReadonlyMap<string, Columns>): Columns {
    const left = treeOf(query['left']);
    const right = treeOf(query['right']);
    if (left === undefined || right === undefined) return unknown;
    const aliases = textsOf(query['aliases']);
    let columns = renamed(this.columns(left, outer, queries), aliases);
    // A column may come to be made of what another one is made of, round by round.
    for (let round = 0; round <= columns.known.length; round += 1) {
      const own = new Map(queries).set(textOf(query['cte_name']).toLowerCase(), columns);
      columns = unionByPosition(columns, this.columns(right, outer, own));
    }
    return columns;
  }

  #sources(
    from: Tree | undefined,
    outer: Scope | undefined,
    queries: ReadonlyMap<string, Columns>,
    before: readonly Source[] = [],
  ): readonly Source[] {
    if (from === undefined) return [];
    const alias = textOf(from['alias']);
    const as = (columns: Columns, name = '', path: readonly string[] = []): readonly Source[] => [
      {
        ...renamed(columns, textsOf(from['column_name_alias'])),
        alias: alias || name,
        path,
        merged: new Set<string>(),
      },
    ];
    // What stands to the left in the same FROM clause may be used by functions and queries to the right.
    const beside = new Scope(before, queries, outer);
    switch (from['type']) {
      case 'BASE_TABLE': {
        const path = ['catalog_name', 'schema_name', 'table_name']
          .map((key) => textOf(from[key]))
          .filter((part) => part !== '');
        const name = path.at(-1) ?? '';
        const query = path.length === 1 ? queries.get(name.toLowerCase()) : undefined;
        return as(query ?? this.#find(path) ?? unknown, name, path);
      }
      case 'SUBQUERY': {
        const query = treeOf(treeOf(from['subquery'])?.['node']);
        return as(query === undefined ? unknown : this.columns(query, beside, queries));
      }
      case 'JOIN':
        return this.#join(from, outer, queries, before);
      case 'TABLE_FUNCTION': {
        const call = treeOf(from['function']);
        const origins = expressionOrigins(call?.['children'], beside, this.#ask);
        const file = constantsBelow(call?.['children'])
          .map((place) => this.#find([place]))
          .find(Boolean);
        return as(file ?? { known: [], others: () => origins }, textOf(call?.['function_name']));
      }
      case 'EXPRESSION_LIST': {
        const rows = Array.isArray(from['values']) ? from['values'] : [];
        const width = Array.isArray(rows[0]) ? rows[0].length : 0;
        const known = Array.from({ length: width }, (_, i) => ({
          name: `col${i}`,
          origins: union(
            rows.map((row) => expressionOrigins(Array.isArray(row) ? row[i] : [], beside, this.#ask)),
          ),
        }));
        return as({ known });
      }
      case 'PIVOT': {
        const source = this.#sources(treeOf(from['source']), outer, queries, before);
        return as(
          treesOf(from['aggregates']).length > 0 ? this.#pivot(from, source, queries) : unpivot(from, source),
        );
      }
      default:
        return from['type'] === 'EMPTY' ? [] : as(unknown);
    }
  }

  #join(
    from: Tree,
    outer: Scope | undefined,
    queries: ReadonlyMap<string, Columns>,
    before: readonly Source[],
  ): readonly Source[] {
    const left = this.#sources(treeOf(from['left']), outer, queries, before);
    const right = this.#sources(treeOf(from['right']), outer, queries, [...before, ...left]);
    if (from['join_type'] === 'SEMI' || from['join_type'] === 'ANTI') return left;
    const isNatural = from['ref_type'] === 'NATURAL';
    const shared = new Set(
      isNatural
        ? left.flatMap(({ known }) => known.map(({ name }) => name.toLowerCase()))
        : textsOf(from['using_columns']).map((name) => name.toLowerCase()),
    );
    if (shared.size === 0) return [...left, ...right];
    // A column that both sides have is shown once; where rows of the right stand alone, its value is the right's.
    const isOuter =
      from['join_type'] === 'RIGHT' || from['join_type'] === 'OUTER' || from['join_type'] === 'FULL';
    const rightOf = (name: string): Origins =>
      union(right.map((source) => columnOf(source, name)?.origins ?? none));
    return [
      ...left.map((source) => ({
        ...source,
        known: source.known.map((column) =>
          isOuter && shared.has(column.name.toLowerCase())
            ? { ...column, origins: union([column.origins, rightOf(column.name)]) }
            : column,
        ),
      })),
      ...right.map((source) => ({ ...source, merged: new Set([...source.merged, ...shared]) })),
    ];
  }

  #pivot(from: Tree, sources: readonly Source[], queries: ReadonlyMap<string, Columns>): Columns {
    const scope = new Scope(sources, queries, undefined);
    const aggregates = treesOf(from['aggregates']);
    const pivots = treesOf(from['pivots']);
    const used = new Set(
      [...columnNamesBelow(aggregates), ...columnNamesBelow(pivots)].map((name) => name.toLowerCase()),
    );
    const groups = textsOf(from['groups']);
    const all = sources.flatMap(({ known }) => known);
    const kept =
      groups.length > 0
        ? groups.map((name) => ({ name, origins: union(sources.map((source) => originsIn(source, name))) }))
        : all.filter(({ name }) => !used.has(name.toLowerCase()));
    const by = expressionOrigins(pivots, scope, this.#ask);
    const entries = pivots.map((pivot) => treesOf(pivot['entries']).map(entryName));
    const names = entries.reduce<readonly string[]>(
      (before, next) => before.flatMap((a) => next.map((b) => (a === '' ? b : `${a}_${b}`))),
      [''],
    );
    const made = names.flatMap((name) =>
      aggregates.map((aggregate) => {
        const alias = textOf(aggregate['alias']);
        const isOne = aggregates.length === 1 && alias === '';
        return {
          name: isOne ? name : `${name}_${alias || textOf(aggregate['function_name'])}`,
          origins: union([by, expressionOrigins(aggregate, scope, this.#ask)]),
        };
      }),
    );
    return { known: [...kept, ...made] };
  }
}

/** Nothing is known, and nothing can be said of its columns. */
const unknown: Columns = { known: [], others: () => none };

function entryName(entry: Tree): string {
  const values = treesOf(entry['values']).map((value) => String(value['value'] ?? ''));
  return textOf(entry['alias']) || values.join('_');
}

function unpivot(from: Tree, sources: readonly Source[]): Columns {
  const pivots = treesOf(from['pivots']);
  const taken = pivots.flatMap((pivot) =>
    treesOf(pivot['entries']).flatMap(({ values }) => constantNames(values)),
  );
  const gone = new Set(taken.map((name) => name.toLowerCase()));
  const all = sources.flatMap(({ known }) => known);
  const value = union(all.filter(({ name }) => gone.has(name.toLowerCase())).map(({ origins }) => origins));
  return {
    known: [
      ...all.filter(({ name }) => !gone.has(name.toLowerCase())),
      ...pivots.flatMap((pivot) => textsOf(pivot['unpivot_names']).map((name) => ({ name, origins: none }))),
      ...textsOf(from['unpivot_names']).map((name) => ({ name, origins: value })),
    ],
  };
}

function constantNames(values: unknown): readonly string[] {
  return treesOf(values).flatMap(({ value }) => (typeof value === 'string' ? [value] : []));
}

function unionByPosition(a: Columns, b: Columns): Columns {
  const known = a.known.map((column, i) => ({
    name: column.name,
    origins: union([column.origins, b.known[i]?.origins ?? none]),
  }));
  return joined(known, a, b);
}

function unionByName(a: Columns, b: Columns): Columns {
  const known = a.known.map(({ name, origins }) => ({
    name,
    origins: union([origins, columnOf(b, name)?.origins ?? none]),
  }));
  const more = b.known.filter(({ name }) => columnOf(a, name) === undefined);
  return joined([...known, ...more], a, b);
}

function joined(known: readonly Made[], a: Columns, b: Columns): Columns {
  if (a.others === undefined && b.others === undefined) return { known };
  return { known, others: (name) => union([a.others?.(name) ?? none, b.others?.(name) ?? none]) };
}
