/** One table, several programs writing it: in turns and at once, no row is lost and none comes twice. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDeltaRelation, type WriteResult, writeDelta } from '../../src/tables/index.ts';
import { Court } from './court.ts';
import { Peer, peerMissing } from './peer.ts';
import { sparkMissing } from './spark.ts';

let court: Court;
beforeAll(async () => {
  court = await Court.open();
});
afterAll(() => court[Symbol.asyncDispose]());

const row = (who: string, n: number): string => `SELECT '${who}' who, ${n}::BIGINT n`;
const appended = (who: string, count: number): string => `SELECT '${who}' who, n FROM range(${count}) t(n)`;
const append = (table: string, who: string, n: number): Promise<WriteResult> =>
  writeDelta(table, { sql: row(who, n) }, { mode: 'append' });

async function appendMany(table: string, who: string, count: number): Promise<void> {
  for (let n = 0; n < count; n += 1) await append(table, who, n);
}

/** All programs' rows, as every reader sees them. */
async function expectAll(table: string, parts: readonly string[]): Promise<void> {
  const wanted = parts.join(' UNION ALL ');
  await court.expectSame(await court.byUs(table), wanted);
  if (peerMissing === undefined) await court.expectSame(await court.byDeltaRs(table), wanted);
}

describe.skipIf(peerMissing !== undefined)('a table of ours and delta-rs', () => {
  it('keeps every row when they write in turns, over checkpoints of both', async () => {
    const table = court.fresh();
    await writeDelta(table, { sql: row('us', 0) });
    for (let n = 1; n < 14; n += 1) {
      await append(table, 'us', n);
      await court.peer.ask('append-many', table, `peer ${n}`, 1);
      if (n === 5) await court.peer.ask('checkpoint', table);
      if (n === 8) await court.peer.ask('optimize', table);
    }
    const theirs = Array.from({ length: 13 }, (_, i) => row(`peer ${i + 1}`, 0));
    await expectAll(table, [appended('us', 14), ...theirs]);
    await court.peer.ask('delete', table, 'n = 3');
    await court.peer.ask('update', table, { n: 'n + 100' }, 'n > 10');
    await append(table, 'us', 99);
    await expectAll(table, [
      'SELECT who, CASE WHEN n > 10 THEN n + 100 ELSE n END n FROM (' +
        [appended('us', 14), ...theirs].join(' UNION ALL ') +
        ') WHERE n <> 3',
      row('us', 99),
    ]);
  });

  it('keeps every row when two processes of theirs and two writers of ours append at once', async () => {
    const table = court.fresh();
    await writeDelta(table, { sql: `${row('us', 0)} WHERE false` });
    const rounds = 25;
    await using one = new Peer();
    await using two = new Peer();
    await Promise.all([
      appendMany(table, 'a', rounds),
      appendMany(table, 'b', rounds),
      one.ask('append-many', table, 'c', rounds),
      two.ask('append-many', table, 'd', rounds),
    ]);
    await expectAll(
      table,
      ['a', 'b', 'c', 'd'].map((who) => appended(who, rounds)),
    );
    expect(((await court.peer.ask('info', table)) as { version: number }).version).toBe(4 * rounds);
  });
});

describe.skipIf(sparkMissing !== undefined)('a table of ours and Spark', { timeout: 180_000 }, () => {
  it('keeps every row when they write in turns', async () => {
    const table = court.fresh();
    await writeDelta(table, { sql: row('us', 0) });
    for (let n = 1; n < 7; n += 1) {
      await append(table, 'us', n);
      await court.spark.run(`INSERT INTO delta.\`${table}\` VALUES ('spark', ${n})`);
    }
    await court.spark.run(`OPTIMIZE delta.\`${table}\``, `DELETE FROM delta.\`${table}\` WHERE n = 2`);
    await append(table, 'us', 7);
    const wanted = [appended('us', 8), "SELECT 'spark' who, n FROM range(1, 7) t(n)"];
    await expectAll(table, [`SELECT * FROM (${wanted.join(' UNION ALL ')}) WHERE n <> 2`]);
    const { sql } = await openDeltaRelation(table);
    await court.expectSame(sql, await court.bySpark(table));
  });

  it('keeps every row when both append at once', async () => {
    for (let attempt = 1; ; attempt += 1) {
      const table = court.fresh();
      await writeDelta(table, { sql: `${row('us', 0)} WHERE false` });
      const inserts = Array.from(
        { length: 8 },
        (_, n) => `INSERT INTO delta.\`${table}\` VALUES ('spark', ${n})`,
      );
      await court.spark.run('SELECT 1');
      const versions: number[] = [];
      const ours = async (): Promise<void> => {
        for (let n = 0; n < 40; n += 1) versions.push((await append(table, 'us', n)).version);
      };
      await Promise.all([court.spark.run(...inserts), ours()]);
      const replaced = replacedCommits(table, versions);
      if (replaced.length > 0 && attempt < 5) {
        console.log(`Spark replaced our commits ${replaced.join(', ')}, so the writers begin again`);
        continue;
      }
      expect(versions).toHaveLength(new Set(versions).size);
      await expectAll(table, [appended('us', 40), appended('spark', 8)]);
      return;
    }
  });
});

/**
 * Those of `versions`, all committed by us, whose file is no longer ours.
 *
 * On a local disk Spark looks whether the name is free and then renames its file to it, which replaces what
 * came in between: its log stores for local disks promise nothing to other processes.
 */
function replacedCommits(table: string, versions: readonly number[]): number[] {
  return versions.filter((version) => {
    const file = path.join(table, '_delta_log', `${String(version).padStart(20, '0')}.json`);
    return !readFileSync(file, 'utf8').includes('"engineInfo":"Boathouse');
  });
}
