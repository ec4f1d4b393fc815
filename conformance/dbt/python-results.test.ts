/** What Python models may return, run in a Python with pandas, polars and Arrow; and how they fail. */
import { afterEach, describe, expect, it } from 'vitest';
import { Folder, project } from '../../test/e2e/command.ts';
import { noDbt } from './dbt.ts';

const bin = process.env['BOATHOUSE_PEERS_BIN'] ?? '';
let folder = new Folder();
afterEach(() => {
  folder.remove();
  folder = new Folder();
});

/** A model that returns `result`. */
const model = (result: string, ...before: readonly string[]): string =>
  ['def model(dbt, session):', ...before.map((line) => `    ${line}`), `    return ${result}`, ''].join('\n');

describe.skipIf(noDbt !== '')(`a Python model${noDbt && ` (skipped: ${noDbt})`}`, () => {
  it('may return what its libraries have, for every materialization', async () => {
    folder.env['BOATHOUSE_PYTHON'] = `${bin}/python`;
    folder.put({
      ...project('shop'),
      'models/numbers.sql': "select i::integer as id, 'n' || i as name from range(3) t(i)",
      'models/by_pandas.py': model('dbt.ref("numbers").df()'),
      'models/by_polars.py': model('dbt.ref("numbers").pl().lazy()'),
      'models/by_arrow.py': model('dbt.ref("numbers").to_arrow_table()'),
      'models/by_relation.py': model('dbt.ref("numbers")', 'dbt.config(materialized="external")'),
      'models/by_delta.py': model(
        'dbt.ref("numbers").df()',
        'dbt.config(format="delta", materialized="incremental", incremental_strategy="merge", unique_key="id")',
      ),
    });
    await folder.ok('run');
    await folder.ok('run');
    const names = ['pandas', 'polars', 'arrow', 'relation', 'delta'];
    const rows = await folder.rows(
      names
        .map(
          (name) =>
            `select '${name}' as form, count(*)::int as n, any_value(typeof(id)) as type, bool_and(name = 'n' || id) as same from by_${name}`,
        )
        .join(' union all '),
    );
    expect(
      rows.toSorted((a, b) => names.indexOf(String(a['form'])) - names.indexOf(String(b['form']))),
    ).toEqual(names.map((form) => ({ form, n: 3, type: 'INTEGER', same: true })));
  }, 120_000);

  it('says what it printed, and fails at its line', async () => {
    folder.env['BOATHOUSE_PYTHON'] = `${bin}/python`;
    folder.put({
      ...project('shop'),
      'models/thrown.py': model('None', 'print("hello")', 'raise ValueError("no")'),
      'models/lacking.py': `import no_such_package\n\n${model('1')}`,
      'models/looked_at.py': model('dbt.ref("thrown")', 'dbt.config(materialized="view")'),
    });
    const { output, code } = await folder.run('run');
    expect(code, output).toBe(1);
    for (const text of [
      'thrown: hello',
      'ValueError: no',
      'models/thrown.py:3',
      'targets.python-lacks',
      'no_such_package',
    ])
      expect(output).toContain(text);
  }, 60_000);

  it('is ended by an interruption', async () => {
    folder.env['BOATHOUSE_PYTHON'] = `${bin}/python`;
    folder.put({
      ...project('shop'),
      'models/m.py': model('1', 'print("loops", flush=True)', 'while True: pass'),
    });
    const child = folder.start('run');
    const ended = new Promise<number | null>((done) => child.on('close', (code) => done(code)));
    let isTold = false;
    child.stdout?.on('data', (data: Buffer) => {
      if (isTold || !data.includes('loops')) return;
      isTold = true;
      child.kill('SIGINT');
    });
    expect(await ended).toBe(130);
  }, 60_000);
});
