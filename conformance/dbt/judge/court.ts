/** The judge as this checkout has it: dbt of `.cache/peers`, the built command of `dist`. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Court } from './judge.ts';
import { boathouse, DbtServer } from './programs.ts';

/** A court, which keeps a process until it is closed. */
export interface OpenCourt extends Court {
  close(): void;
}

/**
 * @param root the checkout
 * @param bin the folder of dbt's `python`
 */
export function openCourt(root: string, bin: string): OpenCourt {
  const folder = join(root, 'conformance/dbt/judge');
  let server: DbtServer | undefined;
  // What dbt said is kept for as long as it would be asked and written down in the same way.
  const sources = ['dbt-server.py', 'plan.ts', 'relations.ts', 'recording.ts', 'artifacts.ts'];
  const how = createHash('sha256');
  for (const name of sources) how.update(readFileSync(join(folder, name)));
  return {
    dbt: () => {
      server ??= new DbtServer(bin, join(folder, 'dbt-server.py'));
      return server.run;
    },
    boathouse: boathouse(join(root, 'dist/cli/main.js')),
    cache: join(root, '.cache/dbt-answers'),
    versions: `${installed(bin)} ${how.digest('hex')}`,
    close: () => server?.close(),
  };
}

/** The names and versions of dbt's packages and DuckDB, as their folders tell. */
function installed(bin: string): string {
  const library = join(bin, '../lib');
  const [python = ''] = readdirSync(library);
  return readdirSync(join(library, python, 'site-packages'))
    .filter((name) => /^(dbt_|duckdb|agate|jinja2).*\.dist-info$/i.test(name))
    .sort()
    .join(' ');
}
