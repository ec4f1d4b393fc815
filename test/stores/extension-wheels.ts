/** DuckDB's official extensions as PyPI wheels bring them, for tests on machines that can't download them. */
import { copyFileSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { Database } from '../../src/duckdb/index.ts';

/** The file of an extension beside the Python of `BOATHOUSE_PEERS_PYTHON`; undefined where it isn't. */
export function extensionWheel(name: string): string | undefined {
  const python = process.env['BOATHOUSE_PEERS_PYTHON'];
  const lib = python === undefined ? '' : resolve(dirname(python), '../lib');
  for (const version of existsSync(lib) ? readdirSync(lib) : []) {
    const root = join(lib, version, `site-packages/duckdb_extension_${name}/extensions`);
    for (const engine of existsSync(root) ? readdirSync(root) : []) {
      const file = join(root, engine, `${name}.duckdb_extension`);
      if (existsSync(file)) return file;
    }
  }
  return undefined;
}

/** Makes `folder` one in which DuckDB finds those files as if it had installed them. */
export async function installWheels(folder: string, files: readonly string[]): Promise<void> {
  await using database = await Database.open();
  await using session = await database.session();
  const version = String(await session.value('SELECT version()'));
  const platform = String((await session.query('PRAGMA platform')).rows[0]?.[0]);
  mkdirSync(join(folder, version, platform), { recursive: true });
  for (const file of files) copyFileSync(file, join(folder, version, platform, basename(file)));
}
