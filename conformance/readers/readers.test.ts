/** What docs/guide/other-readers.md shows is run as it stands, on a lake in a folder and one behind TLS. */
import { execFile, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { missingLine } from '../../test/e2e/documented.ts';
import { type Store, startStore, storeReason } from '../../test/stores/server.ts';
import { ReadersLake } from './lake.ts';
import { type Piece, pieceOf, pieces, readPieces } from './page.ts';

const run = promisify(execFile);
const cache = resolve(import.meta.dirname, '../../.cache');
const bin = join(cache, 'peers/venv/bin');
const oldBin = join(cache, 'peers-duckdb-1.4/venv/bin');
const sparkPython = join(cache, 'peers-spark/venv/bin/python');
const jarsOf = (peer: string): readonly string[] => {
  const folder = join(cache, peer, 'jars');
  return existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
};

/** Runs a piece of the page; gives what it printed. */
type Runner = (piece: Piece) => Promise<string>;

interface Reader {
  readonly name: string;
  /** Begins the names of its pieces. */
  readonly piece: string;
  /** What has to be there. */
  readonly needs: readonly string[];
  readonly runner: Runner;
  readonly places: readonly ('folder' | 'bucket')[];
}

let home = '';
let store: Store | undefined;
const lakes: Partial<Record<'folder' | 'bucket', ReadersLake>> = {};

const environment = (more: Readonly<Record<string, string>> = {}): Record<string, string> => ({
  PATH: process.env['PATH'] ?? '',
  HOME: home,
  TMPDIR: home,
  ...more,
});
/**
 * Python leaves as soon as the piece is through, its interpreter not taken down: threads that Arrow still holds
 * then abort it once in a while, after everything was printed (apache/arrow issue 34314).
 */
const leave = '\nimport os, sys\nsys.stdout.flush()\nos._exit(0)\n';
const python =
  (program: string, env: () => Record<string, string> = () => ({})): Runner =>
  async ({ text }) =>
    (await run(program, ['-c', `${text}${leave}`], { cwd: home, env: environment(env()) })).stdout;
const withCertificate = (): Record<string, string> =>
  store?.caFile === undefined ? {} : { SSL_CERT_FILE: store.caFile };

/** A program of Spark's, with the packages that the page names taken from where the peers are. */
const spark: Runner = async ({ name, text }) => {
  const folder = await mkdtemp(join(home, 'spark-'));
  const jars = [...jarsOf('peers-spark'), ...(name.endsWith('bucket') ? jarsOf('peers-spark-s3') : [])];
  const trust = join(home, 'trust.p12');
  const options = [
    '-XX:TieredStopAtLevel=1 -XX:+UseSerialGC',
    `-Dderby.system.home=${folder}/derby`,
    ...(name.endsWith('bucket')
      ? [`-Djavax.net.ssl.trustStore=${trust} -Djavax.net.ssl.trustStorePassword=changeit`]
      : []),
  ];
  const settings = [
    ...['spark.ui.enabled=false', 'spark.driver.host=127.0.0.1', 'spark.driver.bindAddress=127.0.0.1'],
    // Three rows: compiling code for them and spreading them over tasks costs more than anything else.
    ...['spark.sql.codegen.wholeStage=false', 'spark.sql.codegen.factoryMode=NO_CODEGEN'],
    ...['spark.sql.shuffle.partitions=1', 'spark.databricks.delta.snapshotPartitions=1'],
  ];
  const env = {
    PYSPARK_SUBMIT_ARGS: [
      ...['--master local[1] --driver-memory 1g', `--driver-class-path ${jars.join(':')}`],
      `--driver-java-options "${options.join(' ')}"`,
      ...settings.map((setting) => `--conf ${setting}`),
      'pyspark-shell',
    ].join(' '),
  };
  return (await run(sparkPython, ['-c', text], { cwd: folder, env: environment(env) })).stdout;
};

const java: Runner = async ({ text }) => {
  const file = join(home, 'Totals.java');
  await writeFile(file, text);
  const [jar = ''] = jarsOf('peers-jdbc');
  return (await run('java', ['-cp', jar, file], { cwd: home, env: environment() })).stdout;
};

const both = ['folder', 'bucket'] as const;
const readers: readonly Reader[] = [
  {
    name: "DuckDB's shell",
    piece: 'duckdb-shell',
    needs: [join(bin, 'duckdb')],
    runner: async ({ text }) =>
      (await run(join(bin, 'duckdb'), ['-c', text], { cwd: home, env: environment() })).stdout,
    places: both,
  },
  {
    name: 'DuckDB in Python',
    piece: 'duckdb-python',
    needs: [join(bin, 'python')],
    runner: python(join(bin, 'python')),
    places: both,
  },
  {
    name: 'the oldest DuckDB that has to',
    piece: 'duckdb-python',
    needs: [join(oldBin, 'python')],
    runner: python(join(oldBin, 'python')),
    places: both,
  },
  {
    name: "DuckDB's JDBC driver",
    piece: 'jdbc',
    needs: [join(cache, 'peers-jdbc/installed.txt')],
    runner: java,
    places: ['folder'],
  },
  {
    name: 'deltalake',
    piece: 'deltalake',
    needs: [join(bin, 'python')],
    runner: python(join(bin, 'python'), withCertificate),
    places: both,
  },
  {
    name: 'polars',
    piece: 'polars',
    needs: [join(bin, 'python')],
    runner: python(join(bin, 'python'), withCertificate),
    places: both,
  },
  {
    name: 'Spark',
    piece: 'spark',
    needs: [sparkPython, join(cache, 'peers-spark-s3/installed.txt')],
    runner: spark,
    places: both,
  },
];

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'boathouse-readers-home-'));
  await installHttpfs();
});
afterAll(async () => {
  await rm(home, { recursive: true, force: true });
});

for (const place of ['folder', 'bucket'] as const) {
  const reason = place === 'bucket' ? storeReason('versitygw') : undefined;
  describe.skipIf(reason !== undefined)(
    `a lake in a ${place}${reason === undefined ? '' : ` (skipped: ${reason})`} is read by`,
    () => {
      const examples: Record<string, string> = {};
      beforeAll(async () => {
        if (place === 'bucket') {
          const started = await startStore({ kind: 'versitygw', tls: 'private-ca' });
          store = started;
          await started.createBucket('lake');
          examples['minio.home:9000'] = started.endpoint.replace('https://', '');
          examples['reader'] = started.accessKeyId;
          examples['open-sesame'] = started.secretAccessKey;
          examples['/etc/lake/ca.pem'] = started.caFile ?? '';
          makeTrustStore(started.caFile ?? '');
        }
        const lake = await ReadersLake.build(place === 'bucket' ? store : undefined);
        lakes[place] = lake;
        if (place === 'folder') examples['/data/lake'] = lake.folder;
      });
      afterAll(async () => {
        await lakes[place]?.[Symbol.asyncDispose]();
        if (place === 'bucket') await store?.stop();
      });

      for (const { name, piece, needs, runner, places } of readers) {
        if (!places.includes(place)) continue;
        const missing = needs.find((file) => !existsSync(file));
        const why = missing === undefined ? '' : ` (skipped: no ${missing}: run node scripts/peers.mjs)`;
        it.skipIf(missing !== undefined)(
          `${name}${why}`,
          async () => {
            const wanted = pieceOf(`${piece}-${place}`, examples);
            expect(wanted.output.length).toBeGreaterThan(0);
            const printed = await runner(wanted);
            expect(missingLine(printed, wanted.output), `in what it printed:\n${printed}`).toBeUndefined();
          },
          300_000,
        );
      }
    },
  );
}

describe('the page', () => {
  it('shows nothing to run that no reader here runs', () => {
    const run = readers.flatMap(({ piece, places }) => places.map((place) => `${piece}-${place}`));
    expect([...pieces.keys()].filter((name) => !run.includes(name))).toEqual([]);
  });

  it('names the packages of Spark that are tested', () => {
    const peers = readFileSync(resolve(import.meta.dirname, '../../scripts/peers.mjs'), 'utf8');
    const page = readFileSync(resolve(import.meta.dirname, '../../docs/guide/other-readers.md'), 'utf8');
    const named = page.match(/\b(?:io|org)\.[\w.]+:[\w.-]+:[\w.-]+\d/g) ?? [];
    expect(named.length).toBeGreaterThan(2);
    expect(named.filter((coordinates) => !peers.includes(`'${coordinates}'`))).toEqual([]);
  });

  it.each([
    ['a name without a block', '<!-- reader a -->\n\ntext\n', 'no code block'],
    ['a name twice', '<!-- reader a -->\n```sql\nx\n```\n\n<!-- reader a -->\n```sql\nx\n```\n', 'twice'],
  ])('is refused with %s', (_, page, problem) => {
    expect(() => readPieces(page)).toThrow(problem);
  });
});

/** The extension where `INSTALL httpfs` would put it: its site isn't asked by tests. */
async function installHttpfs(): Promise<void> {
  for (const folder of [bin, oldBin].map((one) => resolve(one, '../lib'))) {
    if (!existsSync(folder)) continue;
    for (const lib of readdirSync(folder)) {
      const wheel = join(folder, lib, 'site-packages/duckdb_extension_httpfs/extensions');
      if (!existsSync(wheel)) continue;
      for (const version of readdirSync(wheel).filter((name) => name.startsWith('v'))) {
        const target = join(home, '.duckdb/extensions', version, platform());
        await mkdir(target, { recursive: true });
        await cp(join(wheel, version), target, { recursive: true });
      }
    }
  }
}

/** As DuckDB calls this machine in its folders. */
function platform(): string {
  const system = process.platform === 'darwin' ? 'osx' : process.platform === 'win32' ? 'windows' : 'linux';
  return `${system}_${process.arch === 'x64' ? 'amd64' : process.arch}`;
}

function makeTrustStore(caFile: string): void {
  const args = ['-importcert', '-noprompt', '-alias', 'lake', '-file', caFile];
  spawnSync('keytool', [...args, '-keystore', join(home, 'trust.p12'), '-storepass', 'changeit']);
}
