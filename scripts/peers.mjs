/**
 * Installs the peers that judge Boathouse (dbt, delta-rs, DuckDB for Python, Jinja2) into
 * `.cache/peers`, and the oldest DuckDB that reads our catalogs into `.cache/peers-duckdb-1.4`, with the
 * Python that stands on PATH. Nothing of Boathouse needs them: only tests in
 * `conformance/`, the differential Jinja test and `bench/` do, and they skip without.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const wanted = [
  'deltalake==1.6.6',
  'duckdb==1.5.5',
  'dbt-duckdb==1.11.1',
  'dbt-core==1.11.16',
  'pyarrow==26.0.1',
  'pandas==3.1.1',
  'jinja2==3.1.6',
  'duckdb-extension-httpfs==1.5.5',
];

const python = process.env.BOATHOUSE_PYTHON ?? 'python3';
install('../.cache/peers', wanted);
// The oldest DuckDB that has to read what we publish.
install('../.cache/peers-duckdb-1.4', ['duckdb==1.4.0']);

/** Makes a virtual environment of its own in `place`, with exactly these packages, unless it is there. */
function install(place, packages) {
  const folder = resolve(import.meta.dirname, place);
  const mark = join(folder, 'installed.txt');
  const stamp = packages.join('\n');
  if (existsSync(mark) && readFileSync(mark, 'utf8') === stamp) {
    console.log(`peers: already in ${folder}`);
    return;
  }
  run(
    python,
    ['--version'],
    'no Python 3 on PATH: the peers are optional, install Python to compare with them',
  );
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  run(python, ['-m', 'venv', join(folder, 'venv')], 'python could not make a virtual environment');
  run(
    join(folder, 'venv/bin/pip'),
    ['install', '--quiet', '--disable-pip-version-check', ...packages],
    'pip could not install the peers',
  );
  writeFileSync(mark, stamp);
  console.log(`peers: installed into ${folder}`);
}

function run(command, args, problem) {
  const result = spawnSync(command, args, { stdio: 'inherit' });
  if (result.status !== 0) {
    console.error(`peers: ${problem}`);
    process.exit(1);
  }
}
