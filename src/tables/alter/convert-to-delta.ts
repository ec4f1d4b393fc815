/** A folder of Parquet files turned into a table where it stands: nothing is moved, copied or rewritten. */
import { systemClock, systemRandom } from '../../base/index.ts';
import {
  type AddFile,
  assignColumnIds,
  commitActions,
  isProtocolProperty,
  type Metadata,
  parsePartitionValue,
  primitive,
  printDataType,
  printSchema,
  protocolFor,
  type StructField,
  type StructType,
} from '../../delta/index.ts';
import { openStorage } from '../../storage/index.ts';
import { duckdbParquetRows } from '../parquet-rows.ts';
import { withScratchSession } from '../scratch.ts';
import { TableHandle } from '../table-handle.ts';
import type { OperationOptions } from '../transact.ts';
import { statsJson } from '../write/stats.ts';
import { planStats } from '../write/stats-plan.ts';
import { assertSchema, schemaOf } from './column-fields.ts';
import { snapshotIfAny } from './create-table.ts';
import { alterErrors } from './errors.ts';
import {
  commonSchema,
  type FooterStats,
  type FoundFile,
  findParquetFiles,
  readFooters,
} from './parquet-folder.ts';
import { checkedProperties } from './property-rules.ts';
import type { ColumnSpec } from './table-spec.ts';

/** How a folder becomes a table. */
export interface ConvertOptions extends OperationOptions {
  /**
   * The partition columns and their types, as `day DATE, region STRING`, in the order of the folders. Told from
   * `key=value` folders unless given: whole numbers and dates where every value is one, else texts.
   */
  readonly partitionSchema?: string | readonly ColumnSpec[];
  readonly properties?: Readonly<Record<string, string>>;
  readonly name?: string;
  readonly comment?: string;
  /** False leaves the footers unread; then no file can be told from another by its statistics. True unless given. */
  readonly statistics?: boolean;
  /** `AWS_*` names verbatim. */
  readonly storageOptions?: Readonly<Record<string, string>>;
}

/** What a conversion came to. */
export interface ConvertResult {
  /** `existed` when the folder was a Delta table already, which is left as it is. */
  readonly kind: 'converted' | 'existed';
  readonly version: number;
  readonly handle: TableHandle;
  readonly files: number;
  readonly rows: number;
  readonly bytes: number;
}

/**
 * Makes the Parquet files below `uri` version 0 of a Delta table. Files and folders whose names begin with `_` or
 * `.` don't count, and nor does what isn't named `*.parquet`.
 *
 * Costs a listing, a read of every footer, and one commit.
 *
 * @throws tables.cannot-convert, tables.mixed-schemas naming columns, types and files, tables.unsupported-type,
 * tables.bad-schema-text, tables.unknown-property, tables.bad-property, delta.commit-conflict, duckdb.*
 */
export async function convertToDelta(uri: string, options: ConvertOptions = {}): Promise<ConvertResult> {
  const storage = openStorage(uri, options.storageOptions);
  const { clock = systemClock, random = systemRandom } = options;
  const existing = await snapshotIfAny(storage);
  if (existing !== undefined) {
    const handle = TableHandle.of(storage, existing);
    return { kind: 'existed', version: existing.version, handle, files: 0, rows: 0, bytes: 0 };
  }
  const files = await findParquetFiles(storage);
  if (files.length === 0) {
    throw alterErrors['cannot-convert']({
      folder: storage.uri,
      problem: 'there is no Parquet file in it',
      hint: 'Files are taken by their ending, .parquet; hidden ones, that begin with _ or ., are not.',
    });
  }
  const partitions = partitionFields(storage.uri, files, options.partitionSchema);
  return await withScratchSession(async (session) => {
    const names = new Set(partitions.map(({ name }) => name.toLowerCase()));
    const data = await commonSchema(session, rootOf(files), files, names);
    const schema: StructType = { kind: 'struct', fields: [...data.fields, ...partitions] };
    const table = {
      schema,
      ...definition(storage.uri, schema, partitions, options, clock.nowMs(), random.uuid()),
    };
    const plan = planStats(table);
    const footers =
      options.statistics === false
        ? new Map<string, FooterStats>()
        : await readFooters(session, files, plan.columns);
    const adds = files.map(({ info, located, partition }): AddFile => {
      const footer = footers.get(located);
      return {
        kind: 'add',
        path: info.path,
        partitionValues: new Map(partitions.map(({ name }) => [name, partitionValue(partition, name)])),
        sizeBytes: info.sizeBytes,
        modifiedMs: Math.floor(info.modifiedMs),
        dataChange: true,
        ...(footer === undefined ? {} : { stats: statsJson(footer, plan) }),
      };
    });
    const { version, snapshot } = await commitActions(storage, {
      readSnapshot: undefined,
      actions: [table.protocol, table.metadata, ...adds],
      operation: {
        name: 'CONVERT',
        parameters: {
          numFiles: adds.length,
          partitionedBy: partitions.map(({ name }) => name),
          collectStats: options.statistics !== false,
          sourceFormat: 'parquet',
        },
        metrics: { numConvertedFiles: adds.length },
      },
      isBlindAppend: true,
      read: 'none',
      rows: duckdbParquetRows,
      clock,
      random,
      commitMetadata: options.commitMetadata ?? {},
    });
    let rows = 0;
    for (const footer of footers.values()) rows += footer.rows;
    const bytes = adds.reduce((sum, add) => sum + add.sizeBytes, 0);
    const handle = TableHandle.of(storage, snapshot);
    return { kind: 'converted', version, handle, files: adds.length, rows, bytes };
  });
}

/** The folder's own path, as DuckDB names it. */
function rootOf([first]: readonly FoundFile[]): string {
  return first === undefined ? '' : first.located.slice(0, -first.info.path.length - 1);
}

function definition(
  table: string,
  schema: StructType,
  partitions: readonly StructField[],
  options: ConvertOptions,
  nowMs: number,
  id: string,
): { readonly metadata: Metadata; readonly protocol: ReturnType<typeof protocolFor> } {
  const configuration = checkedProperties(table, options.properties ?? {});
  const mode = configuration.get('delta.columnMapping.mode');
  if (mode === 'id') {
    const expected = "'none' or 'name': the files hold no ids";
    throw alterErrors['bad-property']({ table, key: 'delta.columnMapping.mode', value: mode, expected });
  }
  const given: Metadata = {
    kind: 'metadata',
    id,
    ...(options.name === undefined ? {} : { name: options.name }),
    ...(options.comment === undefined ? {} : { description: options.comment }),
    format: { provider: 'parquet', options: new Map() },
    schemaString: printSchema(schema),
    partitionColumns: partitions.map(({ name }) => name),
    configuration,
    createdAtMs: nowMs,
  };
  // The files know columns by the names they have.
  const asked = assignColumnIds(schema, given, schema).metadata;
  const protocol = protocolFor(table, asked, schema);
  const kept = new Map([...asked.configuration].filter(([key]) => !isProtocolProperty(key)));
  assertSchema(table, schema, { protocol, metadata: asked });
  return { protocol, metadata: { ...asked, configuration: kept } };
}

/** The partition columns, and the proof that every file has a fitting value for each. */
function partitionFields(
  folder: string,
  files: readonly FoundFile[],
  spec: ConvertOptions['partitionSchema'],
): readonly StructField[] {
  const cannot = (problem: string, hint: string): Error =>
    alterErrors['cannot-convert']({ folder, problem, hint });
  const wanted = spec === undefined ? inferred(files) : schemaOf(folder, spec).schema.fields;
  const names = wanted.map(({ name }) => name);
  const lower = names.map((name) => name.toLowerCase());
  for (const { info, partition } of files) {
    const keys = [...partition.keys()].map((key) => key.toLowerCase());
    if (keys.length !== lower.length || keys.some((key) => !lower.includes(key))) {
      const has =
        keys.length === 0 ? 'in no partition folder' : `in folders of ${[...partition.keys()].join(', ')}`;
      throw cannot(
        `${info.path} is ${has}, and the table is to be partitioned by (${names.join(', ')})`,
        'Every file has to be in folders as day=2024-01-01 for exactly the partition columns.',
      );
    }
    for (const field of wanted) {
      const value = partitionValue(partition, field.name);
      try {
        parsePartitionValue(value, field.type);
      } catch (cause) {
        throw alterErrors['cannot-convert'](
          {
            folder,
            problem: `${info.path} has '${value}' for ${field.name}, which is no ${printDataType(field.type)}`,
            hint: 'Give the partition column a type that holds all of its values, as STRING does.',
          },
          { cause },
        );
      }
    }
  }
  return wanted;
}

function partitionValue(partition: ReadonlyMap<string, string | null>, name: string): string | null {
  const lower = name.toLowerCase();
  for (const [key, value] of partition) if (key.toLowerCase() === lower) return value;
  return null;
}

function inferred(files: readonly FoundFile[]): readonly StructField[] {
  const [first] = files;
  return [...(first?.partition.keys() ?? [])].map((name): StructField => {
    const values = files.flatMap(({ partition }) => partitionValue(partition, name) ?? []);
    const all = (pattern: RegExp): boolean =>
      values.length > 0 && values.every((value) => pattern.test(value));
    // Leading zeros mean that it isn't a number.
    const isWhole = all(/^(?:0|-?[1-9]\d{0,17})$/);
    const type = isWhole ? 'long' : all(/^\d{4}-\d{2}-\d{2}$/) ? 'date' : 'string';
    return { name, type: primitive(type), nullable: true, metadata: {} };
  });
}
