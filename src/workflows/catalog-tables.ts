/** The Delta tables that a published catalog names, and where they are. */
import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import {
  branchLocation,
  branchPlaceOf,
  type CatalogRelation,
  type Generation,
  publishedPlace,
  readGeneration,
} from '../catalog/index.ts';
import { type Mount, openStorage, type StorageAccess } from '../storage/index.ts';
import { statementErrors, type TableRef } from '../tables/index.ts';
import { workflowErrors } from './errors.ts';

/** Which published file, and how it is asked. */
export interface CatalogPlace {
  /** The published file, absolute. */
  readonly path: string;
  /** The name that it is attached as. */
  readonly database: string;
  /** Where names without a schema are looked for, in order. */
  readonly schemas: readonly string[];
}

/** How whoever reads a catalog comes to storage. */
export interface ReaderAccess extends StorageAccess {
  /** Where files of buckets are read from, if from copies on this machine. */
  mount(): Promise<Mount | undefined>;
}

const plainAccess: ReaderAccess = { optionsFor: () => ({}), mount: async () => undefined };

/** The tables of one catalog as of the newest generation; of no catalog, when there is none. */
export class CatalogTables {
  readonly place: CatalogPlace | undefined;
  readonly access: ReaderAccess;
  #generation: Promise<Generation | undefined> | undefined;

  /** @param generation the one whose tables they are; the newest unless given. */
  constructor(place: CatalogPlace | undefined, generation?: Generation, access: ReaderAccess = plainAccess) {
    this.place = place;
    this.access = access;
    if (generation !== undefined) this.#generation = Promise.resolve(generation);
  }

  /** The catalog has a newer generation: what is asked from now on is of that one. */
  reload(): void {
    this.#generation = undefined;
  }

  /** Every Delta relation of the published file, by name. */
  async all(): Promise<readonly CatalogRelation[]> {
    return (await this.#relations()).filter(isDelta);
  }

  /** The relation of that name; undefined when the catalog doesn't have it. */
  async find(parts: readonly string[]): Promise<CatalogRelation | undefined> {
    const [name = '', schema, database] = [...parts].reverse().map((part) => part.toLowerCase());
    const relations = (await this.#relations()).filter((relation) => relation.name.toLowerCase() === name);
    if (database !== undefined && database !== this.place?.database.toLowerCase()) return undefined;
    for (const wanted of schema === undefined ? (this.place?.schemas ?? []) : [schema]) {
      const found = relations.find((relation) => relation.schema.toLowerCase() === wanted.toLowerCase());
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** The relations that show the Delta table at `uri`. */
  async showing(uri: string): Promise<readonly CatalogRelation[]> {
    const wanted = openStorage(uri).uri;
    return (await this.all()).filter(
      ({ location }) => location !== null && openStorage(location).uri === wanted,
    );
  }

  /** Where a table is; paths are relative to the working directory. @throws tables.unknown-table, tables.not-delta */
  async locate(table: TableRef, doing: string): Promise<string> {
    if (table.kind === 'path') return placeOf(table.uri);
    const name = table.parts.join('.');
    const found = await this.find(table.parts);
    if (found === undefined) {
      const known = (await this.all()).map((relation) => `${relation.schema}.${relation.name}`);
      throw statementErrors['unknown-table']({ name, known });
    }
    if (!isDelta(found) || found.location === null) {
      throw statementErrors['not-delta']({ name, statement: doing, kind: kindText(found) });
    }
    return found.location;
  }

  /** Where a table is to be made. @throws workflows.needs-place, tables.not-delta */
  async placeNew(table: TableRef, location: string | undefined, doing: string): Promise<string> {
    if (table.kind === 'path') return placeOf(location ?? table.uri);
    const name = table.parts.join('.');
    const found = await this.find(table.parts);
    if (found !== undefined && !isDelta(found)) {
      throw statementErrors['not-delta']({ name, statement: doing, kind: kindText(found) });
    }
    const place = location ?? found?.location;
    if (place === undefined || place === null) {
      throw workflowErrors['needs-place']({ name, statement: doing });
    }
    // On a branch it stands for a place of the branch's own.
    const branch = this.place && branchPlaceOf(dirname(this.place.path));
    return branch === undefined ? placeOf(place) : branchLocation(branch, placeOf(place));
  }

  /**
   * What a word on the command line means: a place when it looks like a path or is a folder, else a name of the
   * catalog. `delta.'path'` is a place as in SQL.
   */
  static refOf(word: string): TableRef {
    const inSql = /^delta\.(['"`])(.+)\1$/is.exec(word.trim());
    if (inSql?.[2] !== undefined) return { kind: 'path', uri: inSql[2] };
    const isName = /^[\p{L}_][\p{L}\p{N}_$-]*(?:\.[\p{L}_][\p{L}\p{N}_$-]*){0,2}$/u.test(word);
    if (!isName || existsSync(resolve(word, '_delta_log'))) return { kind: 'path', uri: word };
    return { kind: 'name', parts: word.split('.') };
  }

  async #relations(): Promise<readonly CatalogRelation[]> {
    const { place } = this;
    if (place === undefined) return [];
    this.#generation ??= readGeneration(publishedPlace(place.path, this.access.optionsFor(place.path)).log);
    const database = place.database.toLowerCase();
    return ((await this.#generation)?.relations ?? []).filter(
      (relation) => relation.database.toLowerCase() === database,
    );
  }
}

function isDelta({ kind }: CatalogRelation): boolean {
  return kind === 'delta';
}

function kindText({ kind }: CatalogRelation): string {
  return kind === 'external' ? 'an external file' : `a ${kind}`;
}

function placeOf(uri: string): string {
  return /^[a-z][a-z0-9+]*:\/\//i.test(uri) ? uri : resolve(uri);
}
