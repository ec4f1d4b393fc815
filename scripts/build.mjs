/**
 * Builds `dist/` from `src/` and `site/`: the command and the library, each with what it needs in few files,
 * the declarations, and the page of the documentation site. Does nothing, quickly, when no source has changed since the last build.
 *
 * Node takes longer to find and open three hundred modules than to run a short command, so esbuild puts
 * them together. What is imported when it is needed (`import()`) stays in files of its own; dependencies
 * stay outside. Nothing is shortened: a stack trace shows the names of the source, and a comment above
 * each part of a file names the source it came from.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { build } from 'esbuild';
import { buildSite } from './build-site.mjs';
import { directImports } from './direct-imports.mjs';

const root = resolve(import.meta.dirname, '..');
const dist = join(root, 'dist');
const stamp = join(dist, '.built-from');

const wanted = fingerprint();
if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) process.exit(0);

rmSync(stamp, { force: true });
const compiler = join(root, 'node_modules/typescript/bin/tsc');
const project = join(root, 'tsconfig.build.json');
const checked = spawnSync(process.execPath, [compiler, '-p', project, '--emitDeclarationOnly'], {
  cwd: root,
  stdio: 'inherit',
});
const written = await bundle();
removeOrphans(written);
await putSite();
chmodSync(join(dist, 'cli/main.js'), 0o755);
if (checked.status !== 0) process.exit(1);
writeFileSync(stamp, wanted);

/** Writes the JavaScript. @returns the paths of its files */
async function bundle() {
  const result = await build({
    absWorkingDir: root,
    entryPoints: [
      'src/cli/main.ts',
      'src/index.ts',
      // Programs of threads of their own, which are started by their files' names.
      'src/targets/code-models/thread.ts',
      'src/targets/code-models/loader-hooks.ts',
    ],
    outbase: 'src',
    outdir: 'dist',
    chunkNames: 'chunks/[name]-[hash]',
    bundle: true,
    splitting: true,
    packages: 'external',
    plugins: [directImports(join(root, 'src'))],
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    // What the parse cache of one build holds is nothing to another one.
    define: { BOATHOUSE_BUILD: JSON.stringify(wanted) },
    logLevel: 'warning',
    write: false,
  });
  // What others load first is written last, and in one step: somebody may be starting it right now.
  const files = result.outputFiles.sort((a, b) => Number(isEntry(a.path)) - Number(isEntry(b.path)));
  for (const { path, contents } of files) {
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(`${path}.new`, contents);
    renameSync(`${path}.new`, path);
  }
  return new Set(files.map((file) => file.path));
}

/** Writes the documentation site's page in one step, as the rest. */
async function putSite() {
  const page = join(dist, 'site/index.html');
  mkdirSync(join(dist, 'site'), { recursive: true });
  writeFileSync(`${page}.new`, await buildSite(join(root, 'site')));
  renameSync(`${page}.new`, page);
}

function isEntry(path) {
  return !path.startsWith(join(dist, 'chunks'));
}

/** What the build depends on: every source's path and content, the settings, and how it is built. */
function fingerprint() {
  const hash = createHash('sha256');
  const settings = ['tsconfig.json', 'tsconfig.build.json', 'package.json'];
  const scripts = ['scripts/build.mjs', 'scripts/build-site.mjs', 'scripts/direct-imports.mjs'];
  const site = readdirSync(join(root, 'site')).map((name) => join(root, 'site', name));
  for (const file of [
    ...[...settings, ...scripts].map((name) => join(root, name)),
    ...site.sort(),
    ...sources(),
  ]) {
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

/** Deletes what an earlier build has left behind, so that the package never ships it. */
function removeOrphans(written) {
  for (const name of readdirSync(dist, { recursive: true, encoding: 'utf8' })) {
    const path = join(dist, name);
    const declared = /^(.*)\.d\.ts$/.exec(name);
    const isOrphan = declared
      ? !existsSync(join(root, 'src', `${declared[1]}.ts`))
      : /\.js(?:\.new)?$/.test(name) && !written.has(path);
    if (isOrphan) rmSync(path, { force: true });
  }
}
