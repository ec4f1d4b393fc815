/** A package hub on loopback, for tests: its packages are made from texts. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { create } from 'tar';

/** Files by path, or one version of a package. */
export type Files = Readonly<Record<string, string>>;

/** One version of a package. */
export interface FakeRelease {
  readonly files?: Files;
  readonly packages?: readonly unknown[];
  readonly requires?: readonly string[];
  /** What is sent as the archive instead. */
  readonly archive?: Uint8Array;
}

/** What a hub has, by `namespace/name` and version. */
export type FakePackages = Readonly<Record<string, Readonly<Record<string, FakeRelease>>>>;

/** A running hub. */
export interface FakeHub {
  /** With a slash at the end. */
  readonly url: string;
  /** The paths that were asked for, in order. */
  readonly asked: string[];
  /** Answers for paths, instead of the hub's own; each is given once. */
  readonly failures: Map<string, number[]>;
  close(): Promise<void>;
}

/** Starts a hub. @param more keys of a package's JSON beside its versions, by package. */
export async function startHub(
  packages: FakePackages,
  more: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {},
): Promise<FakeHub> {
  const asked: string[] = [];
  const failures = new Map<string, number[]>();
  const answers = new Map<string, Uint8Array>();
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    asked.push(path);
    const failure = failures.get(path)?.shift();
    const body = answers.get(path);
    response.statusCode = failure ?? (body === undefined ? 404 : 200);
    response.end(failure === undefined ? (body ?? 'not here') : 'failed');
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  answers.set('/api/v1/index.json', Buffer.from(JSON.stringify(Object.keys(packages))));
  for (const [name, releases] of Object.entries(packages)) {
    const [namespace = '', short = ''] = name.split('/');
    const versions: Record<string, unknown> = {};
    for (const [version, release] of Object.entries(releases)) {
      const path = `/archives/${name}/${version}.tar.gz`;
      const files = { 'dbt_project.yml': `name: ${short}\nversion: '${version}'\n`, ...release.files };
      answers.set(path, release.archive ?? (await archiveOf(`${short}-${version}`, files)));
      versions[version] = {
        name: short,
        version,
        packages: release.packages ?? [],
        require_dbt_version: release.requires ?? [],
        downloads: { tarball: `${url.slice(0, -1)}${path}`, format: 'tgz', sha1: '' },
      };
    }
    const body = { name: short, namespace, versions, ...more[name] };
    answers.set(`/api/v1/${name}.json`, Buffer.from(JSON.stringify(body)));
  }
  const close = (): Promise<void> =>
    new Promise((done) => {
      server.closeAllConnections();
      server.close(() => done());
    });
  return { url, asked, failures, close };
}

/** A `.tar.gz` with one folder. */
export async function archiveOf(top: string, files: Files): Promise<Buffer> {
  const folder = mkdtempSync(join(tmpdir(), 'boathouse-archive-'));
  try {
    writeFiles(join(folder, top), files);
    const chunks: Buffer[] = [];
    for await (const chunk of create({ gzip: true, cwd: folder, portable: true }, [top]))
      chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Writes files, with the folders that they are in. */
export function writeFiles(folder: string, files: Files): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
}
