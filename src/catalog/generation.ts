/**
 * A generation: every relation of the lakehouse at one moment, as one JSON document.
 *
 * Generations are numbered from 1 and never change once written. A generation names the exact files
 * of every relation that isn't kept inside the published DuckDB file, so reading one generation gives
 * the same rows however often the tables have been written since.
 *
 * Pure: reading and publishing are in `generation-log.ts`.
 */
import { assert } from '../base/index.ts';
import { catalogErrors } from './errors.ts';

/** What a relation is to its readers. */
export type CatalogKind = 'view' | 'table' | 'external' | 'delta' | 'macro';

/** A column, in the relation's order. */
export interface CatalogColumn {
  readonly name: string;
  /** DuckDB's spelling. */
  readonly type: string;
  readonly comment: string | null;
}

/** One relation of a generation. */
export interface CatalogRelation {
  readonly database: string;
  readonly schema: string;
  readonly name: string;
  readonly kind: CatalogKind;
  /**
   * The statement after `CREATE VIEW … AS`, over absolute paths; for a macro, everything after its
   * name. Null for a table, whose rows are inside the published file.
   */
  readonly sql: string | null;
  /** Where the user finds the files: an external relation's location or a Delta table's folder. */
  readonly location: string | null;
  /** `parquet`, `csv`, `json`, `delta`; null for views and tables. */
  readonly format: string | null;
  readonly deltaVersion: number | null;
  /** Absolute paths of the immutable copies that `sql` reads, if we keep such for this relation. */
  readonly pins: readonly string[];
  readonly columns: readonly CatalogColumn[];
  readonly comment: string | null;
  /** The run that last made it. */
  readonly runId: string;
  /** The node that makes it; null for what a hook or a person made. */
  readonly uniqueId: string | null;
}

/**
 * One published DuckDB file as a generation wants it.
 *
 * The generation is created before the file is renamed into its place, so a crash between the two is
 * mended by whoever comes next: while the staged file is still there, it hasn't been put in place.
 */
export interface PublishedFile {
  /** The file's name, in the folder of the log. */
  readonly name: string;
  /** Where its content was staged, relative to that folder. Never used twice. */
  readonly staged: string;
  /** What the content looks like from outside, to tell it from what another program wrote there. */
  readonly fingerprint: string;
  /** The publication that last changed a table inside it; empty while none has. */
  readonly tables: string;
  /**
   * An immutable copy of a file with the tables of this state, relative to the folder of the log: what reading
   * this generation later, and rolling back to it, take the rows from. Left out while there are no tables.
   */
  readonly kept?: string;
}

/** Who published. */
export interface Publisher {
  readonly user: string;
  readonly host: string;
  /** The verb: `build`, `rollback`. */
  readonly command: string;
  /** The profile's target; undefined outside of projects. */
  readonly target?: string;
}

/** What a generation was made from, when not by a run. */
export interface GenerationOrigin {
  readonly kind: 'rollback' | 'merge' | 'branch';
  /** The branch that was merged or branched from; undefined for the main one. */
  readonly branch?: string;
  /** The generation of that branch, or the one that was rolled back to. */
  readonly generation: number;
}

/** The lakehouse's names at one moment. */
export interface Generation {
  readonly number: number;
  readonly createdAtMs: number;
  readonly runId: string;
  readonly relations: readonly CatalogRelation[];
  /** Every file that is published from this log, at its newest. */
  readonly files: readonly PublishedFile[];
  readonly by?: Publisher;
  /** Names of the relations that differ from those of the generation before, removed ones too. */
  readonly changed?: readonly string[];
  readonly message?: string;
  readonly from?: GenerationOrigin;
}

/** What a run did to the catalog: what it made or made again, and what is no more. */
export interface CatalogChanges {
  readonly upserts: readonly CatalogRelation[];
  readonly removals: readonly Pick<CatalogRelation, 'database' | 'schema' | 'name'>[];
}

/** The name that two spellings of one relation share: DuckDB's names ignore letter case. */
export function relationKey(name: Pick<CatalogRelation, 'database' | 'schema' | 'name'>): string {
  return `${name.database}\u0000${name.schema}\u0000${name.name}`.toLowerCase();
}

/** The relations after `changes` have happened to `before`, ordered by name. Pure. */
export function applyChanges(
  before: readonly CatalogRelation[],
  changes: CatalogChanges,
): readonly CatalogRelation[] {
  const relations = new Map(before.map((relation) => [relationKey(relation), relation]));
  for (const removed of changes.removals) relations.delete(relationKey(removed));
  for (const relation of changes.upserts) relations.set(relationKey(relation), relation);
  return [...relations.entries()].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, value]) => value);
}

/** The state of the published file `name` in `generation`; undefined before its first publication. */
export function fileIn(generation: Generation | undefined, name: string): PublishedFile | undefined {
  return generation?.files.find((file) => file.name === name);
}

/** Whether there is anything in `changes`. */
export function isEmptyChange(changes: CatalogChanges): boolean {
  return changes.upserts.length === 0 && changes.removals.length === 0;
}

/** The bytes of a generation. */
export function printGeneration(generation: Generation): Uint8Array {
  assert(Number.isSafeInteger(generation.number) && generation.number >= 1, 'generations count from 1');
  const document = { boathouse: 'catalog', format: formatVersion, ...generation };
  return new TextEncoder().encode(`${JSON.stringify(document)}\n`);
}

/**
 * The generation in `bytes`.
 *
 * @param path named in errors.
 * @throws catalog.corrupt-generation when the bytes are not a generation; catalog.newer-format when a
 * later Boathouse wrote it.
 */
export function parseGeneration(bytes: Uint8Array, path: string): Generation {
  let data: unknown;
  try {
    data = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw catalogErrors['corrupt-generation']({ path, problem: 'it is not JSON' }, { cause });
  }
  if (!isRecord(data) || data['boathouse'] !== 'catalog') {
    throw catalogErrors['corrupt-generation']({ path, problem: 'it is not a catalog generation' });
  }
  if (data['format'] !== formatVersion) {
    throw catalogErrors['newer-format']({ path, found: String(data['format']) });
  }
  const { number, createdAtMs, runId, relations, files = [] } = data;
  const { by, changed, message, from } = data;
  if (
    typeof number !== 'number' ||
    typeof createdAtMs !== 'number' ||
    typeof runId !== 'string' ||
    !Array.isArray(relations) ||
    !relations.every(isRelation) ||
    !Array.isArray(files) ||
    !files.every(isPublishedFile)
  ) {
    throw catalogErrors['corrupt-generation']({ path, problem: 'a required field is missing' });
  }
  return {
    number,
    createdAtMs,
    runId,
    relations,
    files,
    ...(isPublisher(by) ? { by } : {}),
    ...(Array.isArray(changed) ? { changed: changed.map(String) } : {}),
    ...(typeof message === 'string' ? { message } : {}),
    ...(isOrigin(from) ? { from } : {}),
  };
}

const formatVersion = 1;

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isRelation(value: unknown): value is CatalogRelation {
  if (!isRecord(value)) return false;
  const texts = ['database', 'schema', 'name', 'kind', 'runId'];
  return (
    texts.every((key) => typeof value[key] === 'string') &&
    Array.isArray(value['pins']) &&
    Array.isArray(value['columns'])
  );
}

function isPublishedFile(value: unknown): value is PublishedFile {
  return (
    isRecord(value) &&
    ['name', 'staged', 'fingerprint', 'tables'].every((key) => typeof value[key] === 'string')
  );
}

function isPublisher(value: unknown): value is Publisher {
  return isRecord(value) && ['user', 'host', 'command'].every((key) => typeof value[key] === 'string');
}

function isOrigin(value: unknown): value is GenerationOrigin {
  return (
    isRecord(value) &&
    ['rollback', 'merge', 'branch'].includes(String(value['kind'])) &&
    typeof value['generation'] === 'number'
  );
}
