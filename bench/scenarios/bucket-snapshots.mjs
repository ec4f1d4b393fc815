/** Opening a table of many commits in a bucket, without copies of its log on this machine and with them. */
import { join } from 'node:path';
import { budget, same, sideBySide } from '../compare.mjs';
import { deltaRs, ours } from '../processes.mjs';
import { withStore } from '../store.mjs';

export const title = 'snapshots of long logs in a bucket';

export async function run({ folder, quick }) {
  const commits = quick ? 60 : 1000;
  await withStore(folder, async ({ options, mark, since }) => {
    const input = { options, commits, table: 's3://bench/log', first: 's3://bench/first' };
    // Without checkpoints: every commit is read.
    await ours(
      `const how = { storageOptions: input.options, configuration: { 'delta.checkpointInterval': '100000' } };
       await boathouse.writeDelta(input.first, [{ id: 0 }], how);
       await boathouse.writeDelta(input.table, [{ id: 0 }], how);
       const table = await boathouse.DeltaTable.open(input.table, { storageOptions: input.options });
       for (let i = 1; i < input.commits; i += 1) await table.append([{ id: i }]);`,
      input,
    );
    // Opened before anything is measured: loading what opens tables is a cost of the process, on both sides.
    const open = `const how = { storageOptions: input.options };
       await boathouse.DeltaTable.open(input.first, how);
       const table = await meter(() => boathouse.DeltaTable.open(input.table, how));
       // What was read is kept in the background, which a process that is ended at once doesn't finish.
       await new Promise((done) => setTimeout(done, 1000));
       return { version: table.version };`;
    process.env.BOATHOUSE_CACHE_DIR = join(folder, 'cache-for-logs');
    const begun = mark();
    const cold = await ours(open, input);
    const between = mark();
    const warm = await ours(open, input);
    const again = since(between);
    same('version', cold.version, commits - 1);
    const listed = (sent) => sent.filter(({ method }) => method.startsWith('ListObjects')).length;
    budget('LIST, both tables', listed(since(begun)) - listed(again), 2 + Math.ceil(commits / 1000));
    budget(
      'GET of commits that were read before',
      again.filter(({ key }) => key.endsWith('.json')).length,
      0,
    );
    const theirs = quick
      ? undefined
      : await deltaRs(
          `DeltaTable(given["first"], storage_options=given["options"])
table = meter(lambda: DeltaTable(given["table"], storage_options=given["options"]))
result["version"] = table.version()`,
          input,
        );
    sideBySide(`${commits} commits, opened first`, cold, theirs, 'wall ≤ 0.5×');
    sideBySide(`${commits} commits, opened again`, warm, theirs, 'wall ≤ 0.5×');
  });
}
