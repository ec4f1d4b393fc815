/**
 * `node scripts/stores.mjs [--minio]`: builds the S3 servers that tests speak to into `.cache/stores`, with the Go
 * that stands on PATH: versitygw, and MinIO where it is asked for, which takes longer. What is there in
 * the version below is kept. Nothing of Boathouse needs them; tests skip without, saying so.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const stores = {
  // Earlier versions let two conditional creates of one object win.
  versitygw: 'github.com/versity/versitygw/cmd/versitygw@v1.8.0',
  minio: 'github.com/minio/minio@v0.0.0-20260212201848-7aac2a2c5b7c',
};

const folder = process.env.BOATHOUSE_STORES ?? resolve(import.meta.dirname, '../.cache/stores');
mkdirSync(folder, { recursive: true });
for (const [name, source] of Object.entries(stores)) {
  if (name === 'minio' && !process.argv.includes('--minio')) continue;
  if (isBuilt(name, source)) console.log(`stores: already in ${join(folder, name)}`);
  else build(name, source);
}

/** Whether the program is there, and of that version: by its mark, else by what Go wrote into it. */
function isBuilt(name, source) {
  if (!existsSync(join(folder, name))) return false;
  if (existsSync(markOf(name))) return readFileSync(markOf(name), 'utf8') === source;
  const { stdout } = spawnSync('go', ['version', '-m', join(folder, name)], { encoding: 'utf8' });
  const [path, version] = source.split('@');
  const isOfVersion = stdout?.includes(`path\t${path}\n`) === true && stdout.includes(`\t${version}\t`);
  if (isOfVersion) writeFileSync(markOf(name), source);
  return isOfVersion;
}

function build(name, source) {
  if (spawnSync('go', ['version'], { stdio: 'ignore' }).status !== 0) {
    console.log(`stores: no go on PATH, so ${name} can't be built, and tests that need it are skipped`);
    return;
  }
  console.log(`stores: building ${source}, which takes minutes`);
  // Built beside and renamed: a test may be starting the one that is there.
  const building = mkdtempSync(join(folder, 'building-'));
  try {
    const { status } = spawnSync('go', ['install', source], {
      stdio: 'inherit',
      env: { ...process.env, CGO_ENABLED: '0', GOBIN: building },
    });
    if (status !== 0) {
      console.error(`stores: go could not build ${source}`);
      process.exitCode = 1;
      return;
    }
    rmSync(markOf(name), { force: true });
    renameSync(join(building, name), join(folder, name));
    writeFileSync(markOf(name), source);
    console.log(`stores: built ${join(folder, name)}`);
  } finally {
    rmSync(building, { recursive: true, force: true });
  }
}

function markOf(name) {
  return join(folder, `${name}.version`);
}
