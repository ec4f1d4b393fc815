import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Database, formatSqlValue, quoteLiteral } from '../../duckdb/index.ts';
import { DeltaTable, type LandOptions, landFiles } from '../index.ts';

let folder: string;
let next = 0;
const fresh = (): string => {
  next += 1;
  return path.join(folder, `t${next}`);
};
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'boathouse-land-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, content: string | Uint8Array): string {
  const target = path.join(folder, name);
  mkdirSync(path.dirname(target), { recursive: true });
  writeFileSync(target, content);
  return target;
}

async function landed(source: string, options: LandOptions = {}): Promise<string[]> {
  const table = fresh();
  await landFiles(source, table, options);
  const rows = await (await DeltaTable.open(table)).toRows();
  return rows
    .map((row) =>
      Object.values(row)
        .map((value) => formatSqlValue(value))
        .join('|'),
    )
    .sort();
}

describe('landFiles', () => {
  it.each([
    ['a.csv', 'a,b\n1,x\n2,"y,z"\n', ['1|x', '2|y,z']],
    ['a.tsv', 'a\tb\n1\tx\n', ['1|x']],
    ['a.csv.gz', gzipSync('a,b\n1,x\n'), ['1|x']],
    ['a.json', '[{"a": 1, "b": {"c": [1, 2]}}]', ["1|{'c': [1, 2]}"]],
    ['a.ndjson', '{"a": 1}\n{"a": 2, "b": "x"}\n', ['1|NULL', '2|x']],
    ['odd [name]*.csv', 'a\n1\n', ['1']],
    ['no-ending', '{"a": 1}\n', ['1']],
  ])('lands %s', async (name, content, rows) => {
    expect(await landed(file(name, content))).toEqual(rows);
  });

  it('lands Parquet with its own types', async () => {
    const source = path.join(folder, 'own.parquet');
    const database = await Database.open();
    await (await database.session()).run(
      `COPY (SELECT 1::TINYINT a, 1.5::DECIMAL(4,1) b) TO ${quoteLiteral(source)}`,
    );
    await database.close();
    const table = fresh();
    await landFiles(source, table);
    expect((await (await DeltaTable.open(table)).columns()).map((c) => c.type)).toEqual([
      'TINYINT',
      'DECIMAL(4,1)',
    ]);
  });

  it('puts the files of a pattern together by column name', async () => {
    file('many/1.csv', 'a,b\n1,x\n');
    file('many/2.csv', 'b,c,a\ny,9,2\n');
    expect(await landed(path.join(folder, 'many', '*.csv'))).toEqual(['1|x|NULL', '2|y|9']);
  });

  it('reads standard input, told the format or not', async () => {
    expect(await landed('-', { stdin: Readable.from(['a,b\n', '1,x\n']), format: 'csv' })).toEqual(['1|x']);
    expect(await landed('-', { stdin: Readable.from(['{"a": 1}\n{"a": 2}\n']) })).toEqual(['1', '2']);
  });

  it('downloads a URL, and says what went wrong with one', async () => {
    const fetcher = (async (url: string) =>
      url.endsWith('.csv')
        ? new Response('a\n5\n')
        : new Response('gone', { status: 404, statusText: 'Not Found' })) as unknown as typeof fetch;
    expect(await landed('https://example.com/x.csv?y=1'.replace('?y=1', ''), { fetch: fetcher })).toEqual([
      '5',
    ]);
    await expect(landed('https://example.com/none', { fetch: fetcher })).rejects.toMatchObject({
      code: 'tables.download-failed',
      message: expect.stringContaining('404'),
    });
  });

  it("takes the reader's options", async () => {
    const source = file('odd.csv', '1;02/01/2024\n');
    const readerOptions = {
      delim: ';',
      header: false,
      names: ['n', 'day'],
      dateformat: '%d/%m/%Y',
      types: { day: 'DATE' },
    };
    expect(await landed(source, { readerOptions })).toEqual(['1|2024-01-02']);
  });

  it("gives way to the table's types on the next day", async () => {
    const table = fresh();
    await landFiles(file('mon.csv', 'price\n1.5\n'), table);
    await landFiles(file('tue.csv', 'price\n2\n'), table, { mode: 'append' });
    const rows = await (await DeltaTable.open(table)).toRows();
    expect(rows.map((row) => row['price']).sort()).toEqual([1.5, 2]);
  });

  it('points at the line that a reader stumbles over', async () => {
    const source = file('bad.csv', 'a,b\n1,2\n3,"4\n5,6\n');
    const options = {
      readerOptions: {
        columns: { a: 'INTEGER', b: 'INTEGER' },
        auto_detect: false,
        header: true,
        delim: ',',
      },
    };
    await expect(landFiles(source, fresh(), options)).rejects.toMatchObject({
      code: 'tables.unreadable-source',
      location: { file: source, line: 3 },
    });
  });

  it.each([
    ['a field too many in the last row', 'id,name\n1,a\n2,b,c\n', 3],
    ['a field too many in the middle', 'id,name\n1,a\n2,b\n3,c,d\n4,e\n', 4],
    ['a field too few at first', 'id,name,x\n1,a\n2,b,c\n', 2],
    ['a field too many far below', `id,name\n${'1,a\n'.repeat(30_000)}1,b,c\n`, 30_002],
    ['other separators in the data than in the header', 'just text\nhello, world\n', 2],
    ['no line at all', '', undefined],
  ])('refuses a file with %s, and changes nothing', async (_, content, line) => {
    const source = file('ragged.csv', content);
    const table = fresh();
    await expect(landFiles(source, table)).rejects.toMatchObject({
      code: 'tables.unreadable-source',
      location: { file: source, ...(line === undefined ? {} : { line }) },
    });
    await expect(DeltaTable.open(table)).rejects.toMatchObject({ code: 'delta.not-a-table' });
  });

  it.each([
    ['comments above the header', '# made by hand\n# in May\nid,name\n1,a\n', ['1|a']],
    ['a title above the header', 'Report of 2024\n\nid,name\n1,a\n2,b\n', ['1|a', '2|b']],
    ['blank lines', '\n\nid,name\n1,a\n\n2,b\n', ['1|a', '2|b']],
    ['semicolons', 'id;name\n1;a,b\n2;c\n', ['1|a,b', '2|c']],
    ['one column of text with commas', 'text\n"a, b"\n"c, d"\n', ['a, b', 'c, d']],
    ['no header', '1,a\n2,b\n', ['1|a', '2|b']],
    ['a line break in a field', 'id,name\n1,"a\nb"\n2,c\n', ['1|a\nb', '2|c']],
    ['a byte order mark', '\uFEFFid,name\n1,a\n', ['1|a']],
  ])('reads %s', async (_, content, rows) => {
    expect(await landed(file('good.csv', content))).toEqual(rows);
  });

  it.each([
    ['nothing.csv', 'tables.no-files'],
    ['nothing/*.csv', 'tables.no-files'],
    ['nothing/*', 'tables.unknown-format'],
  ])('says of %s: %s', async (source, code) => {
    await expect(landFiles(path.join(folder, source), fresh())).rejects.toMatchObject({ code });
  });
});
