/** `maintain`: what is worth doing for the Delta tables of a catalog, and doing it. */
import { isBoathouseError } from '../base/index.ts';
import {
  type MaintenanceDone,
  type MaintenancePlan,
  maintain as maintainTable,
  planMaintenance,
  TableHandle,
  type TableRef,
} from '../tables/index.ts';
import { isOwn, requireOwn } from './branch-statement.ts';
import { CatalogTables } from './catalog-tables.ts';
import { workflowErrors } from './errors.ts';
import type { SelectOptions } from './options.ts';
import { openReader, type Reader } from './reader.ts';
import { operationOptions, type StatementOptions, showInCatalog } from './statement.ts';

/** Which tables, and whether anything is done. */
export interface MaintainOptions extends StatementOptions, SelectOptions {
  /** Folders and names of the catalog. Every Delta table of the catalog unless given. */
  readonly tables?: readonly string[] | undefined;
  /** Only say what would be done. */
  readonly dryRun?: boolean | undefined;
  /** Told of each table's plan before it is carried out. Must not throw. */
  readonly onPlan?: ((table: string, plan: MaintenancePlan) => void) | undefined;
  /** Told of each table when it is done. Must not throw. */
  readonly onMaintained?: ((table: MaintainedTable) => void) | undefined;
}

/** What became of one table. */
export interface MaintainedTable {
  /** As the catalog or the user names it. */
  readonly name: string;
  /** Undefined when the table couldn't be looked at. */
  readonly plan: MaintenancePlan | undefined;
  /** Nothing under `dryRun`. */
  readonly done: readonly MaintenanceDone[];
  /** Its version afterwards. */
  readonly version: number | undefined;
  /** What ended it; the other tables are seen to all the same. */
  readonly error: Error | undefined;
}

/** What became of all of them. */
export interface MaintainResult {
  readonly tables: readonly MaintainedTable[];
}

/**
 * Plans the upkeep of each table from its files and its log, says why, and does it, one table after the other. A
 * catalog that names a table shows it afterwards.
 *
 * @throws workflows.no-tables, workflows.no-catalog, tables.unknown-table, tables.not-delta, project.*
 */
export async function maintain(options: MaintainOptions): Promise<MaintainResult> {
  const given = options.tables ?? [];
  const reader = await openReader({ ...options, needsCatalog: given.length === 0 });
  try {
    const wanted = await wantedTables(reader, given, options);
    const tables: MaintainedTable[] = [];
    for (const { name, uri } of wanted) {
      options.signal?.throwIfAborted();
      const maintained = await maintainOne(reader, name, uri, options);
      options.onMaintained?.(maintained);
      tables.push(maintained);
    }
    return { tables };
  } finally {
    await reader.close();
  }
}

interface Wanted {
  readonly name: string;
  readonly uri: string;
}

async function wantedTables(
  { tables }: Reader,
  given: readonly string[],
  options: MaintainOptions,
): Promise<readonly Wanted[]> {
  const named = await Promise.all(
    given.map(async (name): Promise<Wanted> => {
      const ref: TableRef = CatalogTables.refOf(name);
      const uri = await tables.locate(ref, 'maintain');
      if (options.dryRun !== true) await requireOwn(tables.place, uri);
      return { name, uri };
    }),
  );
  const isSelected = options.select !== undefined || options.selector !== undefined;
  if (named.length > 0 && !isSelected) return named;
  const ids = isSelected || options.exclude !== undefined ? await selectedIds(options) : undefined;
  const catalogued = (await tables.all()).flatMap(({ schema, name, location, uniqueId }): Wanted[] => {
    const isWanted = ids === undefined || (uniqueId !== null && ids.has(uniqueId));
    // On a branch, tables that it hasn't written to are those of the branch it began on.
    const isOurs = location !== null && (tables.place === undefined || isOwn(tables.place, location));
    return isWanted && isOurs ? [{ name: `${schema}.${name}`, uri: location }] : [];
  });
  const all = [...named, ...catalogued];
  if (all.length === 0) {
    throw workflowErrors['no-tables']({ isSelected, catalog: tables.place?.path ?? '' });
  }
  return all;
}

async function selectedIds(options: MaintainOptions): Promise<ReadonlySet<string>> {
  const [{ openProject }, { selectNamed }] = await Promise.all([
    import('./project-session.ts'),
    import('./selection.ts'),
  ]);
  const session = await openProject('maintain', { ...options, logPath: null });
  try {
    return new Set(selectNamed(session, options, ['model', 'snapshot', 'seed']));
  } finally {
    session.close();
  }
}

async function maintainOne(
  reader: Reader,
  name: string,
  uri: string,
  options: MaintainOptions,
): Promise<MaintainedTable> {
  const done: MaintenanceDone[] = [];
  let plan: MaintenancePlan | undefined;
  let handle: TableHandle | undefined;
  try {
    handle = await TableHandle.open(uri, { storageOptions: reader.tables.access.optionsFor(uri) });
    plan = await planMaintenance(handle, reader.session, {}, operationOptions(options));
    options.onPlan?.(name, plan);
    for (const step of options.dryRun === true ? [] : plan.steps) {
      // Rows that only the version in the catalog has would be gone for its readers.
      if (step.kind === 'vacuum') await showInCatalog(reader, uri, undefined, options);
      done.push(
        ...(await maintainTable(handle, reader.session, { steps: [step] }, operationOptions(options))),
      );
    }
    if (done.length > 0) await showInCatalog(reader, uri, undefined, options);
    return { name, plan, done, version: handle.snapshot.version, error: undefined };
  } catch (error) {
    if (!isBoathouseError(error)) throw error;
    if (done.length > 0) await showInCatalog(reader, uri, undefined, options);
    return { name, plan, done, version: handle?.snapshot.version, error };
  }
}
