/**
 * Builds `dist/` from `src/`: JavaScript and declarations, with `.ts` imports rewritten, and the
 * command made executable. Does nothing, quickly, when no source has changed since the last build.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join, relative, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const dist = join(root, 'dist');
const stamp = join(dist, '.built-from');

const wanted = fingerprint();
if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) process.exit(0);

rmSync(stamp, { force: true });
const compiler = join(root, 'node_modules/typescript/bin/tsc');
const compiled = spawnSync(process.execPath, [compiler, '-p', join(root, 'tsconfig.build.json')], {
  cwd: root,
  stdio: 'inherit',
});
removeOrphans();
const main = join(dist, 'cli/main.js');
if (existsSync(main)) chmodSync(main, 0o755);
if (compiled.status !== 0) process.exit(1);
mkdirSync(dist, { recursive: true });
writeFileSync(stamp, wanted);

/** What the build depends on: every source's path and content, and the settings. */
function fingerprint() {
  const hash = createHash('sha256');
  const settings = ['tsconfig.json', 'tsconfig.build.json', 'package.json'].map((name) => join(root, name));
  for (const file of [...settings, ...sources()]) {
    hash
      .update(`${relative(root, file)}\0`)
      .update(readFileSync(file))
      .update('\0');
  }
  return hash.digest('hex');
}

function sources() {
  return readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .map((name) => join(root, 'src', name))
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && statSync(file).isFile())
    .sort();
}

/** Deletes what a source that is gone has left behind, so that the package never ships it. */
function removeOrphans() {
  if (!existsSync(dist)) return;
  for (const name of readdirSync(dist, { recursive: true, encoding: 'utf8' })) {
    const match = /^(.*)\.(?:d\.ts|js)$/.exec(name);
    if (match && !existsSync(join(root, 'src', `${match[1]}.ts`))) rmSync(join(dist, name), { force: true });
  }
}
