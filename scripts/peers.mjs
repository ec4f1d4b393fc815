/**
 * Installs the peers that judge Boathouse, with the Python that stands on PATH: dbt, delta-rs, polars,
 * DuckDB's shell, DuckDB for Python with its delta extension and Jinja2 into `.cache/peers`, the oldest DuckDB that reads
 * our catalogs into `.cache/peers-duckdb-1.4`, Delta Spark into `.cache/peers-spark`, what Spark needs for
 * buckets into `.cache/peers-spark-s3` and DuckDB's JDBC driver into `.cache/peers-jdbc`. Nothing of
 * Boathouse needs them: only tests in `conformance/`, the differential Jinja test and `bench/` do, and
 * they skip without. The last three also need Java and Maven; without those they are left out, with a word why.
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
  'duckdb-extension-delta==1.5.5',
  'duckdb-extension-ducklake==1.5.5',
  'duckdb-extension-excel==1.5.5',
  'duckdb-extension-iceberg==1.5.5',
  'duckdb-extension-avro==1.5.5',
  'duckdb-extension-mysql-scanner==1.5.5',
  'duckdb-extension-postgres-scanner==1.5.5',
  'duckdb-extension-sqlite-scanner==1.5.5',
  'embedded-postgres==18.6.3',
  'pyiceberg==0.12.0',
  'sqlalchemy==2.1.9',
  'openpyxl==3.1.5',
  'polars==2.1.0',
  'duckdb-cli==1.5.5',
];

/** Delta's jar is made for one version of Spark; Maven finds what it depends on itself. */
const spark = {
  packages: ['pyspark==4.2.0'],
  jars: ['io.delta:delta-spark_4.2_2.13:4.4.0'],
};

/** Each with the group and artifact ids that are kept of what it depends on: Spark brings the rest itself. */
const javaPeers = [
  {
    place: '../.cache/peers-spark-s3',
    // The version of Hadoop that this Spark is made with.
    jars: ['org.apache.hadoop:hadoop-aws:3.5.0'],
    artifacts: ['hadoop-aws', 'bundle', 'analyticsaccelerator-s3'],
  },
  { place: '../.cache/peers-jdbc', jars: ['org.duckdb:duckdb_jdbc:1.5.5.0'], artifacts: ['duckdb_jdbc'] },
];

const python = process.env.BOATHOUSE_PYTHON ?? 'python3';
const pip = (folder) => join(folder, 'venv/bin/pip');
const pipInstall = ['install', '--quiet', '--disable-pip-version-check'];

install('../.cache/peers', wanted);
// The oldest DuckDB that has to read what we publish.
install('../.cache/peers-duckdb-1.4', ['duckdb==1.4.0', 'duckdb-extension-httpfs==1.4.0']);

installSpark('../.cache/peers-spark');
for (const peer of javaPeers) installJars(peer);

/** Makes a virtual environment of its own in `place`, with exactly these packages, unless it is there. */
function install(place, packages) {
  const folder = resolve(import.meta.dirname, place);
  const stamp = packages.join('\n');
  if (installed(folder, stamp)) return;
  run(
    python,
    ['--version'],
    'no Python 3 on PATH: the peers are optional, install Python to compare with them',
  );
  // Packages that only joined go on top of what is there: others may be using it meanwhile.
  const before = readMark(folder)?.split('\n');
  if (before?.every((item) => packages.includes(item)) !== true) makeVenv(folder);
  run(pip(folder), [...pipInstall, ...packages], 'pip could not install the peers');
  mark(folder, stamp);
}

/** Spark in a virtual environment, and Delta's jars beside it: Spark's own downloader isn't asked. */
function installSpark(place) {
  const folder = resolve(import.meta.dirname, place);
  const stamp = [...spark.packages, ...spark.jars].join('\n');
  if (installed(folder, stamp)) return;
  if (!hasJava('Delta Spark')) return;
  makeVenv(folder);
  run(pip(folder), [...pipInstall, ...spark.packages], 'pip could not install Spark');
  copyJars(folder, spark.jars, '-DincludeGroupIds=io.delta,io.unitycatalog');
  mark(folder, stamp);
}

/** Jars alone, in `jars` below `place`. */
function installJars({ place, jars, artifacts }) {
  const folder = resolve(import.meta.dirname, place);
  const stamp = jars.join('\n');
  if (installed(folder, stamp) || !hasJava(jars.join(', '))) return;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  copyJars(folder, jars, `-DincludeArtifactIds=${artifacts.join(',')}`);
  mark(folder, stamp);
}

function hasJava(what) {
  for (const program of ['java', 'mvn']) {
    if (spawnSync(program, ['-version'], { stdio: 'ignore' }).status === 0) continue;
    console.log(`peers: no ${program} on PATH, so ${what} is left out and can't judge`);
    return false;
  }
  return true;
}

/** What `jars` and those they depend on, less what `filter` leaves out, as files in `jars` below `folder`. */
function copyJars(folder, jars, filter) {
  writeFileSync(join(folder, 'pom.xml'), pom(jars));
  run(
    'mvn',
    [
      ...['-q', '-B', '-f', join(folder, 'pom.xml')],
      'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies',
      ...['-DincludeScope=runtime', filter, `-DoutputDirectory=${join(folder, 'jars')}`],
    ],
    `mvn could not fetch ${jars.join(', ')}`,
  );
}

/** A project that depends on `jars` and nothing else, for Maven to resolve. */
function pom(jars) {
  const dependencies = jars.map((jar) => {
    const [group, artifact, version] = jar.split(':');
    return `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>`;
  });
  return `<project><modelVersion>4.0.0</modelVersion><groupId>boathouse</groupId><artifactId>peers</artifactId><version>1</version>
<dependencies>${dependencies.join('')}</dependencies></project>\n`;
}

function makeVenv(folder) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  run(python, ['-m', 'venv', join(folder, 'venv')], 'python could not make a virtual environment');
}

function installed(folder, stamp) {
  const same = readMark(folder) === stamp;
  if (same) console.log(`peers: already in ${folder}`);
  return same;
}

function readMark(folder) {
  const file = join(folder, 'installed.txt');
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

function mark(folder, stamp) {
  writeFileSync(join(folder, 'installed.txt'), stamp);
  console.log(`peers: installed into ${folder}`);
}

function run(command, args, problem) {
  const result = spawnSync(command, args, { stdio: 'inherit' });
  if (result.status !== 0) {
    console.error(`peers: ${problem}`);
    process.exit(1);
  }
}
