/** The columns that names in a query can mean, and what those are made of. */

/** Columns of parents, each as `originKey` writes it. */
export type Origins = ReadonlySet<string>;

/** One column of a table, of a query, or of what a FROM clause gives. */
export interface Made {
  readonly name: string;
  readonly origins: Origins;
}

/** The columns of something that rows come from. */
export interface Columns {
  readonly known: readonly Made[];
  /** What a column that isn't known would be made of; undefined when all columns are known. */
  readonly others?: (name: string) => Origins;
}

/** One item of a FROM clause. */
export interface Source extends Columns {
  /** The name that columns are qualified with. */
  readonly alias: string;
  /** The table's own name where it has more parts: database, schema. */
  readonly path: readonly string[];
  /** Columns that a join by USING shows once, on the other side. */
  readonly merged: ReadonlySet<string>;
}

/** No column. */
export const none: Origins = new Set();

/** A column of a parent as a text. */
export function originKey(uniqueId: string, column: string): string {
  return `${uniqueId}\0${column}`;
}

/** All of several. */
export function union(parts: Iterable<Origins>): Origins {
  const all = new Set<string>();
  for (const part of parts) for (const origin of part) all.add(origin);
  return all;
}

/** The columns with other names, as far as there are names. */
export function renamed(columns: Columns, names: readonly string[]): Columns {
  if (names.length === 0) return columns;
  const known = columns.known.map((column, i) => ({ ...column, name: names[i] ?? column.name }));
  if (columns.others === undefined) return { known };
  const { others } = columns;
  for (const name of names.slice(known.length)) known.push({ name, origins: others(name) });
  return { known, others };
}

/** The column of that name; letter case doesn't matter. */
export function columnOf(columns: Columns, name: string): Made | undefined {
  const wanted = name.toLowerCase();
  return columns.known.find((column) => column.name.toLowerCase() === wanted);
}

/** The names of one SELECT, within those of the queries around it. */
export class Scope {
  readonly sources: readonly Source[];
  /** What WITH names, by lower-case name. */
  readonly queries: ReadonlyMap<string, Columns>;
  readonly #outer: Scope | undefined;
  /** Earlier columns of the same SELECT, which later ones may use by their aliases. */
  readonly selected: Map<string, Origins> = new Map();

  constructor(sources: readonly Source[], queries: ReadonlyMap<string, Columns>, outer: Scope | undefined) {
    this.sources = sources;
    this.queries = queries;
    this.#outer = outer;
  }

  /** What a column's name, with or without its table's and with or without fields, is made of. */
  origins(names: readonly string[]): Origins {
    return this.#own(names) ?? this.#outer?.origins(names) ?? none;
  }

  #own(names: readonly string[]): Origins | undefined {
    const [first = ''] = names;
    for (let parts = Math.min(3, names.length - 1); parts >= 1; parts -= 1) {
      const source = this.#named(names.slice(0, parts));
      const column = names[parts] ?? '';
      const found = source && (columnOf(source, column)?.origins ?? source.others?.(column));
      if (found !== undefined) return found;
    }
    for (const source of this.sources) {
      const found = columnOf(source, first);
      if (found !== undefined) return found.origins;
    }
    const selected = this.selected.get(first.toLowerCase());
    if (selected !== undefined) return selected;
    // The name of a table alone is its row.
    const row = this.#named([first]);
    if (row !== undefined) return union(row.known.map(({ origins }) => origins));
    const open = this.sources.flatMap(({ others }) => others ?? []);
    return open.length === 1 ? open[0]?.(first) : undefined;
  }

  /** The source of that name; a name of several parts is the end of the table's own. */
  #named(parts: readonly string[]): Source | undefined {
    const wanted = parts.map((part) => part.toLowerCase());
    return this.sources.find(({ alias, path }) => {
      if (wanted.length === 1) return alias.toLowerCase() === wanted[0];
      const end = path.slice(-wanted.length).map((part) => part.toLowerCase());
      return end.length === wanted.length && end.every((part, i) => part === wanted[i]);
    });
  }
}
