/** Column-level lineage put into the manifest: `meta.boathouse.column_lineage` of each compiled model. */

import { asIs } from '../catalog/index.ts';
import {
  type ColumnLineage,
  columnLineage,
  type LineageParent,
  type ManifestNode,
  type Plain,
  type WarehouseSession,
} from '../compiler/index.ts';
import { quoteLiteral } from '../duckdb/index.ts';
import type { ProjectSession } from './project-session.ts';

/** Column names of relations, as far as they are known, by unique id. */
type KnownColumns = Map<string, readonly string[] | undefined>;

/**
 * Works out the lineage of every model and snapshot among `ids` that was compiled to SQL, parents first, and
 * notes it in the manifest. DuckDB parses and binds; nothing is run. What can't be worked out is left out.
 */
export async function addColumnLineage(
  { compilation }: Pick<ProjectSession, 'compilation'>,
  connection: WarehouseSession,
  ids: Iterable<string>,
): Promise<void> {
  const { manifest, graph } = compilation;
  const wanted = new Set(ids);
  const known: KnownColumns = new Map();
  for (const id of graph.order) {
    const node = manifest.nodes[id];
    const code = node?.compiled_code;
    const isQuery = node?.resource_type === 'model' || node?.resource_type === 'snapshot';
    if (!wanted.has(id) || !isQuery || node.language !== 'sql' || !code) continue;
    const parents = await parentsOf(id, new ParentSearch(compilation, connection, known));
    const names = await describe(connection, code);
    const found = columnLineage(await serialize(connection, code), parents, names);
    if (names !== undefined && node.resource_type === 'model') known.set(id, names);
    if (found === undefined) continue;
    note(node, found);
    compilation.touch();
  }
}

/** What a manifest's node says of its columns' lineage; undefined when it says nothing. */
export function notedLineage(node: ManifestNode): Plain | undefined {
  const own = node.meta?.['boathouse'] as Plain | undefined;
  return own?.['column_lineage'] as Plain | undefined;
}

function note(node: ManifestNode, lineage: readonly ColumnLineage[]): void {
  const columns = Object.fromEntries(lineage.map(({ name, from }) => [name, from]));
  const own = node.meta?.['boathouse'];
  const others = typeof own === 'object' && own !== null && !Array.isArray(own) ? own : {};
  node.meta = { ...node.meta, boathouse: { ...others, column_lineage: columns } };
}

async function parentsOf(id: string, search: ParentSearch): Promise<readonly LineageParent[]> {
  const found: LineageParent[] = [];
  for (const parent of search.idsOf(id)) found.push(...(await search.read(parent)));
  return found;
}

/** Finds what a model reads, and how SQL names it. */
class ParentSearch {
  readonly #compilation: ProjectSession['compilation'];
  readonly #connection: WarehouseSession;
  readonly #known: KnownColumns;

  constructor(compilation: ProjectSession['compilation'], connection: WarehouseSession, known: KnownColumns) {
    this.#compilation = compilation;
    this.#connection = connection;
    this.#known = known;
  }

  /** Its parents; those of ephemeral ones in their place, because their SQL stands in its own. */
  idsOf(id: string, seen: Set<string> = new Set()): ReadonlySet<string> {
    const { manifest, graph } = this.#compilation;
    for (const parent of graph.parents.get(id) ?? []) {
      if (manifest.nodes[parent]?.config.materialized === 'ephemeral') this.idsOf(parent, seen);
      else seen.add(parent);
    }
    return seen;
  }

  /** A parent, once for each name that SQL may have for it. */
  async read(uniqueId: string): Promise<readonly LineageParent[]> {
    const { manifest } = this.#compilation;
    const source = manifest.sources[uniqueId];
    const node = manifest.nodes[uniqueId];
    if (source !== undefined) {
      const text = this.#compilation.relationOf(source).render();
      const places = [...text.matchAll(/'((?:[^']|'')+)'/g)].map(([, place = '']) =>
        place.replaceAll("''", "'"),
      );
      const name = { database: source.database, schema: source.schema, identifier: source.identifier };
      const columns = await this.#columns(uniqueId, places.length > 0 ? text : undefined, name);
      const paths = places.length > 0 ? places.map((place) => [place]) : [Object.values(name)];
      return paths.map((path) => ({ uniqueId, path, columns }));
    }
    if (node === undefined || node.relation_name === null) return [];
    const name = { database: node.database, schema: node.schema, identifier: node.alias };
    return [{ uniqueId, path: Object.values(name), columns: await this.#columns(uniqueId, undefined, name) }];
  }

  async #columns(
    uniqueId: string,
    place: string | undefined,
    name: { readonly database: string; readonly schema: string; readonly identifier: string },
  ): Promise<readonly string[] | undefined> {
    if (!this.#known.has(uniqueId)) {
      const found =
        place === undefined
          ? (await this.#connection.columnsOf(name)).map((column) => column.name)
          : await describe(this.#connection, `select * from ${place}`);
      this.#known.set(uniqueId, found?.length === 0 ? undefined : found);
    }
    return this.#known.get(uniqueId);
  }
}

/** The columns that a query gives now; undefined when it can't be bound, because a parent isn't there yet. */
async function describe(connection: WarehouseSession, sql: string): Promise<readonly string[] | undefined> {
  try {
    return (await connection.describe(sql)).map(({ name }) => name);
  } catch {
    return undefined;
  }
}

async function serialize(connection: WarehouseSession, sql: string): Promise<unknown> {
  const options = 'skip_null := true, skip_empty := true, skip_default := true';
  // The text is data here: places in it are not to be fetched.
  const ask = `${asIs}select json_serialize_sql(${quoteLiteral(sql)}, ${options})::varchar`;
  const { table } = await connection.execute(ask, { fetch: true });
  const [[text] = []] = table.rows;
  return typeof text === 'string' ? JSON.parse(text) : undefined;
}
