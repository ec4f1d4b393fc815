/**
 * Work on tables, each in a fresh process: ours through the built library, a peer's in Python.
 *
 * A program gets `input` and gives back an object; what it wraps in `meter` is measured in that process, so
 * that starting a runtime and loading libraries don't count on either side.
 */
import { cpSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { peer } from './compare.mjs';
import { measure } from './measure.mjs';

const root = resolve(import.meta.dirname, '..');
const built = pathToFileURL(join(root, 'dist/index.js')).href;

const jsPrelude = (library) => `
import { readFileSync } from 'node:fs';
// The engine's library is loaded before anything is measured, as Python has loaded its own by then.
import '@duckdb/node-api';
import * as boathouse from ${JSON.stringify(library)};
const input = JSON.parse(process.env.BOATHOUSE_BENCH);
let measured = {};
async function meter(work) {
  globalThis.gc?.();
  const heap = process.memoryUsage().heapUsed;
  const cpu = process.cpuUsage();
  const start = performance.now();
  const value = await work();
  const used = process.cpuUsage(cpu);
  measured = { wallS: (performance.now() - start) / 1e3, cpuS: (used.user + used.system) / 1e6 };
  globalThis.gc?.();
  measured.heapMiB = (process.memoryUsage().heapUsed - heap) / 2 ** 20;
  return value;
}
const peak = () => { try { return Number(/VmHWM:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) / 1024; } catch { return 0; } };
const result = await (async () => {
`;
const jsEnd = `
})();
console.log('BENCH ' + JSON.stringify({ ...measured, peakMiB: peak(), ...result }, (_, value) => typeof value === 'bigint' ? Number(value) : value));
process.exit(0);
`;

/**
 * Runs `program`, the body of an async function over `boathouse`, `input` and `meter`.
 *
 * @param about `library` is another file that `boathouse` is loaded from, `env` what is added to the environment
 */
export async function ours(program, input = {}, { library = built, env = {} } = {}) {
  const { stdout } = await measure(
    process.execPath,
    ['--expose-gc', '--input-type=module', '-e', jsPrelude(library) + program + jsEnd],
    { cwd: root, env: { ...env, BOATHOUSE_BENCH: JSON.stringify(input) } },
  );
  return parsed(stdout);
}

const pyPrelude = `
import json, os, re, resource, time
import pyarrow as pa
from deltalake import DeltaTable, QueryBuilder, write_deltalake
given = json.loads(os.environ["BOATHOUSE_BENCH"])
measured = {}
def meter(work):
    cpu, start = time.process_time(), time.perf_counter()
    value = work()
    measured.update(cpuS=time.process_time() - cpu, wallS=time.perf_counter() - start)
    return value
result = {}
`;
const pyEnd = `
measured["peakMiB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print("BENCH " + json.dumps({**measured, **result}))
`;

/** The same for delta-rs: statements over \`given\`, \`meter\` and \`result\`. Undefined where it isn't installed. */
export async function deltaRs(program, input = {}) {
  const python = peer('python');
  if (python === undefined) return undefined;
  const { stdout } = await measure(python, ['-c', pyPrelude + program + pyEnd], {
    env: { BOATHOUSE_BENCH: JSON.stringify(input) },
  });
  return parsed(stdout);
}

/** A copy of a table for somebody to change. */
export function copied(table, to) {
  cpSync(table, to, { recursive: true });
  return to;
}

/** Runs SQL in a DuckDB of its own process. */
export async function duckdb(...statements) {
  const program = `import { DuckDBInstance } from '@duckdb/node-api';
    const connection = await (await DuckDBInstance.create(':memory:')).connect();
    for (const sql of ${JSON.stringify(statements)}) await connection.run(sql);`;
  await measure(process.execPath, ['--input-type=module', '-e', program], { cwd: root });
}

function parsed(stdout) {
  const line = stdout.split('\n').findLast((text) => text.startsWith('BENCH '));
  if (line === undefined) throw new Error(`the program printed no result: ${stdout.slice(-500)}`);
  return JSON.parse(line.slice('BENCH '.length));
}
