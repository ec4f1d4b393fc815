/** Opening tables with long logs: every commit replayed, from a checkpoint, and a checkpoint of very many files. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { budget, same, sideBySide } from '../compare.mjs';
import { deltaRs, duckdb, ours } from '../processes.mjs';

export const title = 'snapshots of long logs';

const name = (version) => `${String(version).padStart(20, '0')}`;
const protocol = { minReaderVersion: 1, minWriterVersion: 2 };
const fields = Array.from({ length: 12 }, (_, i) => ({
  name: `c${i}`,
  type: 'long',
  nullable: true,
  metadata: {},
}));
const metaData = {
  id: '00000000-0000-0000-0000-000000000001',
  format: { provider: 'parquet', options: {} },
  schemaString: JSON.stringify({ type: 'struct', fields }),
  partitionColumns: [],
  configuration: {},
  createdTime: 1700000000000,
};

export async function run({ folder, quick }) {
  const commits = quick ? 500 : 10_000;
  const files = quick ? 20_000 : 1_000_000;

  // Opened before anything is measured: loading an engine is a cost of the process, on both sides.
  const first = join(folder, 'log-first');
  writeLog(first, 2);
  await writeCheckpoint(first, 1, 2);
  const compare = (...args) => open(first, quick, ...args);

  const replayed = join(folder, 'log-replayed');
  writeLog(replayed, commits);
  await compare(`${commits} commits, no checkpoint`, replayed, commits, '≤ 0.4×');

  const checkpointed = join(folder, 'log-checkpointed');
  writeLog(checkpointed, commits);
  await writeCheckpoint(checkpointed, commits - 1, commits);
  await compare(`${commits} commits, checkpoint at the end`, checkpointed, commits, '≤ 1.0×');

  const many = join(folder, 'log-many-files');
  writeLog(many, 1);
  await writeCheckpoint(many, 0, files);
  const { heapMiB } = await compare(`${files} files in one checkpoint`, many, files, '≤ 1.0×');
  budget('MiB on the heap for them', Math.ceil(heapMiB), 300);
}

async function open(first, quick, what, table, files, goal) {
  const mine = await ours(
    `await boathouse.DeltaTable.open(input.first);
     const table = await meter(() => boathouse.DeltaTable.open(input.table));
     return { version: table.version };`,
    { table, first },
  );
  const counted = await ours(
    'return { files: (await boathouse.DeltaTable.open(input.table)).files().length };',
    { table },
  );
  same(`live files, ${what}`, counted.files, files);
  const theirs = quick
    ? undefined
    : await deltaRs('DeltaTable(given["first"])\nmeter(lambda: DeltaTable(given["table"]))', {
        table,
        first,
      });
  sideBySide(what, mine, theirs, goal);
  return mine;
}

/** A log of `commits` commits that add one file each. */
export function writeLog(table, commits) {
  const log = join(table, '_delta_log');
  mkdirSync(log, { recursive: true });
  for (let version = 0; version < commits; version += 1) {
    const actions = [
      {
        commitInfo: {
          timestamp: 1700000000000 + version * 1000,
          operation: 'WRITE',
          operationParameters: {},
        },
      },
      ...(version === 0 ? [{ protocol }, { metaData }] : []),
      {
        add: {
          path: `part-${name(version)}.parquet`,
          partitionValues: {},
          size: 1000 + version,
          modificationTime: 1700000000000 + version * 1000,
          dataChange: true,
          stats: stats(version),
        },
      },
    ];
    writeFileSync(
      join(log, `${name(version)}.json`),
      `${actions.map((action) => JSON.stringify(action)).join('\n')}\n`,
    );
  }
}

const stats = (i) =>
  JSON.stringify({
    numRecords: 10,
    minValues: Object.fromEntries(fields.slice(0, 4).map((field) => [field.name, i * 10])),
    maxValues: Object.fromEntries(fields.slice(0, 4).map((field) => [field.name, i * 10 + 9])),
    nullCount: Object.fromEntries(fields.slice(0, 4).map((field) => [field.name, 0])),
  });

/** A classic checkpoint with `files` live files, named as `writeLog` names them. */
async function writeCheckpoint(table, version, files) {
  const log = join(table, '_delta_log');
  const text = 'map([]::varchar[], []::varchar[])';
  const values = (offset) =>
    `'{' || list_aggregate(['c0','c1','c2','c3'].list_transform(lambda c: '"' || c || '":' || (i * 10 + ${offset})), 'string_agg', ',') || '}'`;
  const add = `{'path': 'part-' || lpad(i::varchar, 20, '0') || '.parquet', 'partitionValues': ${text}, 'size': 1000 + i,
    'modificationTime': 1700000000000 + i * 1000, 'dataChange': false,
    'stats': '{"numRecords":10,"minValues":' || ${values(0)} || ',"maxValues":' || ${values(9)} || ',"nullCount":{"c0":0,"c1":0,"c2":0,"c3":0}}'}`;
  const meta = `{'id': '${metaData.id}', 'format': {'provider': 'parquet', 'options': ${text}}, 'schemaString': '${metaData.schemaString}',
    'partitionColumns': []::varchar[], 'configuration': ${text}, 'createdTime': ${metaData.createdTime}}`;
  await duckdb(
    `copy (
      select * from (values ({'minReaderVersion': 1, 'minWriterVersion': 2}, null, null)) t(protocol, "metaData", add)
      union all by name select ${meta} as "metaData"
      union all by name select ${add} as add from range(${files}) t(i)
    ) to '${join(log, `${name(version)}.checkpoint.parquet`)}' (format parquet)`,
  );
  writeFileSync(join(log, '_last_checkpoint'), JSON.stringify({ version, size: files + 2 }));
}
