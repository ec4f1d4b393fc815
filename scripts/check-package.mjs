/**
 * Checks the package as a user gets it: packs it, lints the tarball, installs it in an empty folder
 * and runs the command and the library from there.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

const root = resolve(import.meta.dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'boathouse-package-'));
try {
  run('npm', ['pack', '--silent', '--pack-destination', folder], root);
  const tarball = join(
    folder,
    readdirSync(folder).find((name) => name.endsWith('.tgz')),
  );
  const sizeMiB = statSync(tarball).size / 2 ** 20;
  if (sizeMiB > 5) throw new Error(`the tarball has ${sizeMiB.toFixed(1)} MiB; 5 are plenty`);

  const { messages, pkg } = await publint({ pkgDir: root, strict: true });
  const serious = messages.filter((message) => message.type !== 'suggestion');
  for (const message of serious) console.error(formatMessage(message, pkg));
  if (serious.length > 0) throw new Error('publint has found mistakes');

  writeFileSync(join(folder, 'package.json'), '{"name":"empty","private":true,"type":"module"}');
  run('npm', ['install', '--silent', '--no-audit', '--no-fund', tarball], folder);
  run('npx', ['--no-install', 'boathouse', '--version'], folder);
  run('npx', ['--no-install', 'boathouse', 'init', 'lake'], folder);
  run(
    'npx',
    ['--no-install', 'boathouse', 'build', '--project-dir', 'lake', '--profiles-dir', 'lake'],
    folder,
  );
  writeFileSync(
    join(folder, 'use.mjs'),
    `import { writeDelta, DeltaTable } from 'boathouse';
     await writeDelta('t', [{ a: 1 }, { a: 2 }], { mode: 'overwrite' });
     const table = await DeltaTable.open('t');
     const rows = await table.toRows();
     if (rows.length !== 2) throw new Error('two rows were written, ' + rows.length + ' came back');`,
  );
  run(process.execPath, ['use.mjs'], folder);
  // The example that comes with the package builds from a copy, on the data it was made for.
  const example = join(folder, 'markets');
  cpSync(join(folder, 'node_modules/boathouse/examples/markets'), example, { recursive: true });
  const data = join(root, 'node_modules/vega-datasets/data');
  for (const [file, table] of [
    ['sp500-2000.csv', 'sp500_daily'],
    ['stocks.csv', 'stock_monthly'],
  ]) {
    run('npx', ['--no-install', 'boathouse', 'land', join(data, file), `lake/landing/${table}`], example);
  }
  run('npx', ['--no-install', 'boathouse', 'build', '--profiles-dir', '.'], example);
  console.log(`package: ${sizeMiB.toFixed(2)} MiB, installs and runs in an empty folder`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function run(command, args, cwd) {
  const result = spawnSync(command, args, { cwd, encoding: 'utf8' });
  if (result.status === 0) return;
  console.error(result.stdout, result.stderr);
  throw new Error(`${command} ${args.join(' ')} ended with ${result.status}`);
}
