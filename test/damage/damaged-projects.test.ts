/**
 * Damaged projects: whatever is done to a project's files, to artifacts and to a command line, a command ends soon,
 * with 0, 1 or 2, says what is wrong under a code, and writes nothing to a lake before it has understood the project.
 *
 * A few cases here. By hand many more: BOATHOUSE_DAMAGE_CASES=5000 BOATHOUSE_DAMAGE_SEED=1 npx vitest run test/damage
 */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { DamageLine, DamageTask } from './worker.ts';

const root = resolve(import.meta.dirname, '../..');
const cases = Number(process.env['BOATHOUSE_DAMAGE_CASES'] ?? 40);
const firstSeed = Number(process.env['BOATHOUSE_DAMAGE_SEED'] ?? 20_000);
/** A case that takes longer hangs. The slowest of those that don't run some hundred statements. */
const caseMsMax = 60_000;

let folder = '';
beforeAll(async () => {
  mkdirSync(join(root, '.cache'), { recursive: true });
  // Two folders down, where the worker finds the package's macros and its dependencies.
  folder = mkdtempSync(join(root, '.cache/damage-'));
  await build({
    entryPoints: { worker: join(import.meta.dirname, 'worker.ts') },
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    packages: 'external',
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    sourcemap: 'inline',
    logLevel: 'silent',
  });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it(
  'ends every command on a damaged project with a code and a reason',
  async () => {
    const projects = join(root, 'conformance/dbt/projects');
    const task: DamageTask = {
      projects: readdirSync(projects).map((name) => join(projects, name)),
      built: join(folder, 'built'),
      firstSeed,
      cases,
    };
    const wrong: unknown[] = [];
    let ended = 0;
    for (let seed = firstSeed; seed < firstSeed + cases; ) {
      const { lines, problem } = await run({ ...task, firstSeed: seed, cases: firstSeed + cases - seed });
      const results = lines.filter((line) => line.said === 'end');
      ended += results.length;
      wrong.push(...results.filter(({ faults }) => faults.length > 0));
      if (problem === undefined) break;
      const last = lines.findLast((line) => line.said === 'begin');
      wrong.push({ problem, last });
      seed = (last?.seed ?? seed) + 1;
    }
    expect(wrong).toEqual([]);
    expect(ended).toBe(cases);
  },
  Math.max(240_000, cases * 1000),
);

/** Runs a worker to its end, or until one case takes too long. @returns its lines, and why it ended early */
function run(task: DamageTask): Promise<{ lines: DamageLine[]; problem: string | undefined }> {
  return new Promise((done) => {
    const lines: DamageLine[] = [];
    const child = spawn(process.execPath, [
      '--enable-source-maps',
      join(folder, 'worker.mjs'),
      JSON.stringify(task),
    ]);
    let rest = '';
    let errors = '';
    let isHanging = false;
    let timer: NodeJS.Timeout | undefined;
    const wait = (): void => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        isHanging = true;
        child.kill('SIGKILL');
      }, caseMsMax);
    };
    wait();
    child.stderr.on('data', (data: Buffer) => {
      errors += data;
    });
    child.stdout.on('data', (data: Buffer) => {
      wait();
      const texts = `${rest}${data}`.split('\n');
      rest = texts.pop() ?? '';
      for (const text of texts) if (text.startsWith('{"said":')) lines.push(JSON.parse(text) as DamageLine);
    });
    child.on('close', (code) => {
      clearTimeout(timer);
      const problem = isHanging
        ? 'hangs'
        : code === 0 && errors === ''
          ? undefined
          : `ended with ${code}: ${errors.slice(-2000)}`;
      done({ lines, problem });
    });
  });
}
