/** When the rows of a source were last loaded. */
import { resolve } from 'node:path';
import { BugError, isBoathouseError, systemClock } from '../base/index.ts';
import type {
  Engine,
  ManifestSource,
  RenderExtras,
  WarehouseSession,
  WarehouseValue,
} from '../compiler/index.ts';
import { quoteLiteral } from '../duckdb/index.ts';
import { openStorage, storageAccess } from '../storage/index.ts';
import { TableHandle } from '../tables/index.ts';
import { workflowErrors } from './errors.ts';
import type { ProjectSession } from './project-session.ts';

/** Two points in time, in microseconds since 1970. A source without rows was loaded in the year 1. */
export interface LoadTimes {
  readonly maxLoadedAtMicros: number;
  readonly snapshottedAtMicros: number;
}

type TemplateValue = NonNullable<RenderExtras['names']> extends ReadonlyMap<string, infer V> ? V : never;

/** dbt's time of a source without rows. */
const never = Date.parse('0001-01-01T00:00:00Z') * 1000;

/**
 * Looks at the source: its `loaded_at_query`, else its `loaded_at_field`, else what the Delta log or the files
 * themselves say.
 *
 * @throws workflows.no-load-time when nothing says it; workflows.bad-load-time; duckdb.*
 */
export async function loadTimes(
  session: Pick<ProjectSession, 'compilation' | 'project'>,
  source: ManifestSource,
  engine: Engine,
): Promise<LoadTimes> {
  const { compilation } = session;
  const relation = compilation.relationOf(source);
  const { loaded_at_query: query, loaded_at_field: field } = source;
  if (query === null && field === null)
    return await metadataTimes(session, source, relation.render(), engine.session);
  const names = new Map<string, TemplateValue>([
    ['freshness_relation', relation],
    ['this', relation],
  ]);
  const extras = { names, packageName: source.package_name, file: source.original_file_path };
  const macro =
    query === null
      ? `collect_freshness(freshness_relation, ${literal(field ?? '')}, ${filterOf(source)})`
      : `collect_freshness_custom_sql(freshness_relation, freshness_query)`;
  const text = query === null ? undefined : await compilation.renderIn(undefined, query, engine, extras);
  if (text !== undefined) names.set('freshness_query', text);
  // Through the macro, which users may replace.
  const asked = `{% set found = ${macro} %}{% set row = found['table'].rows[0] %}{{ row[0] }}\n{{ row[1] }}`;
  const shown = await compilation.renderIn(undefined, asked, engine, extras);
  const [loaded = '', now = ''] = shown.trim().split('\n');
  return { maxLoadedAtMicros: timeOf(loaded, source), snapshottedAtMicros: timeOf(now, source) };
}

function filterOf({ freshness }: ManifestSource): string {
  const filter = freshness?.['filter'];
  return typeof filter === 'string' ? literal(filter) : 'none';
}

/** A text as Jinja writes it. */
function literal(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', '\\n')}'`;
}

/** A time as Python prints it: with an offset, or in UTC. */
function timeOf(shown: string, source: ManifestSource): number {
  const text = shown.trim();
  if (text === 'None' || text === '') return never;
  const match = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d+))?([+-]\d\d:\d\d(?::\d\d)?)?$/.exec(text);
  const seconds =
    match === null ? Number.NaN : Date.parse(`${match[1]}T${match[2]}${match[4]?.slice(0, 6) ?? 'Z'}`);
  const micros = Number((match?.[3] ?? '').padEnd(6, '0').slice(0, 6));
  if (!Number.isNaN(seconds)) return seconds * 1000 + micros;
  throw workflowErrors['bad-load-time'](
    {
      source: `${source.source_name}.${source.name}`,
      field: source.loaded_at_field ?? 'loaded_at_query',
      value: text,
    },
    { location: { file: source.original_file_path } },
  );
}

/** What the Delta log or the files say. */
async function metadataTimes(
  { project }: Pick<ProjectSession, 'project'>,
  source: ManifestSource,
  rendered: string,
  connection: WarehouseSession,
): Promise<LoadTimes> {
  const [, place] = /'((?:[^']|'')+)'/.exec(rendered) ?? [];
  const isDelta = /\bdelta_scan\s*\(/i.test(rendered);
  if (place === undefined || rendered.startsWith('"')) throw noTime(source);
  const uri = place.replaceAll("''", "'");
  const { secrets, settings, lakehouse } = project.profile;
  const { storageOptions, caFile } = lakehouse;
  const access = storageAccess({ secrets, settings, storageOptions, caFile });
  const isRemote = /^[a-z][a-z0-9+]+:\/\//i.test(uri);
  const options = access.optionsFor(uri);
  const at = isDelta
    ? (await TableHandle.open(isRemote ? uri : resolve(project.root, uri), { storageOptions: options }))
        .snapshot.timestampMs
    : isRemote
      ? await objectTime(uri, options)
      : await filesTime(connection, uri);
  if (at === undefined) throw noTime(source);
  return { maxLoadedAtMicros: at * 1000, snapshottedAtMicros: systemClock.nowMs() * 1000 };
}

/** The newest of local files that a glob names. */
async function filesTime(connection: WarehouseSession, glob: string): Promise<number | undefined> {
  const sql = `select epoch_ms(max(last_modified)) from read_blob(${quoteLiteral(glob)})`;
  const { table } = await connection.execute(sql, { fetch: true });
  return numberOf(table.rows[0]?.[0]);
}

async function objectTime(
  uri: string,
  storageOptions: Readonly<Record<string, string>>,
): Promise<number | undefined> {
  if (/[*?[]/.test(uri)) return undefined;
  const slash = uri.lastIndexOf('/');
  const storage = await openStorage(uri.slice(0, slash), storageOptions);
  try {
    return (await storage.stat(uri.slice(slash + 1)))?.modifiedMs;
  } catch (error) {
    if (isBoathouseError(error)) return undefined;
    throw error;
  }
}

function numberOf(value: WarehouseValue | undefined): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  if (value === null || value === undefined) return undefined;
  throw new BugError('epoch_ms gave no number');
}

function noTime(source: ManifestSource): Error {
  return workflowErrors['no-load-time'](
    { source: source.name },
    { location: { file: source.original_file_path } },
  );
}
