import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import {
  chmod,
  chown,
  link,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { isBoathouseError } from '../base/index.ts';
import { bytes, pathsOf, text } from './contract.ts';
import { LocalStorage } from './local.ts';
import { createIfAbsent, settled } from './local-create.ts';
import { localError } from './local-errors.ts';

let top: string;
let root: string;
let storage: LocalStorage;

beforeEach(async () => {
  top = await mkdtemp(join(tmpdir(), 'boathouse-local-'));
  root = join(top, 'root');
  await mkdir(root);
  await mkdir(join(top, 'outside'));
  await writeFile(join(top, 'outside', 'secret'), 'secret');
  storage = new LocalStorage(root);
});

afterEach(() => rm(top, { recursive: true, force: true }));

describe('the wall around a local folder', () => {
  const refused = { code: 'storage.outside-root' };

  it('lets nothing be read or written through a link to a folder outside', async () => {
    await symlink(join(top, 'outside'), join(root, 'door'));
    await expect(storage.read('door/secret')).rejects.toMatchObject(refused);
    await expect(storage.readRange('door/secret', 0, 3)).rejects.toMatchObject(refused);
    await expect(storage.stat('door/secret')).rejects.toMatchObject(refused);
    await expect(storage.put('door/new', bytes('x'))).rejects.toMatchObject(refused);
    await expect(storage.putIfAbsent('door/deep/new', bytes('x'))).rejects.toMatchObject(refused);
    await expect(storage.prepareWrite('door/deep/new')).rejects.toMatchObject(refused);
    await expect(storage.remove('door/secret')).rejects.toMatchObject(refused);
    expect(() => storage.locate('door/secret')).toThrow(expect.objectContaining(refused));
    expect(await readdir(join(top, 'outside'))).toEqual(['secret']);
  });

  it('lets nothing be read or written through a link to a file outside', async () => {
    await symlink('../outside/secret', join(root, 'file'));
    await expect(storage.read('file')).rejects.toMatchObject(refused);
    await expect(storage.putIfAbsent('file', bytes('x'))).rejects.toMatchObject(refused);
    expect(() => storage.locate('file')).toThrow(expect.objectContaining(refused));
  });

  it('lets nothing be created through a link to what does not exist yet', async () => {
    await symlink(join(top, 'outside', 'new'), join(root, 'dangling'));
    await expect(storage.put('dangling', bytes('x'))).rejects.toMatchObject(refused);
    await expect(storage.put('dangling/below', bytes('x'))).rejects.toMatchObject(refused);
    await expect(storage.prepareWrite('dangling')).rejects.toMatchObject(refused);
    expect(() => storage.locate('dangling')).toThrow(expect.objectContaining(refused));
    expect(existsSync(join(top, 'outside', 'new'))).toBe(false);
  });

  it('sees a link that appears beside files located before', async () => {
    await storage.put('part/a', bytes('a'));
    expect(storage.locate('part/a')).toBe(join(root, 'part', 'a'));
    await symlink(join(top, 'outside', 'secret'), join(root, 'part', 'b'));
    expect(() => storage.locate('part/b')).toThrow(expect.objectContaining(refused));
  });

  it('lists nothing outside, and does not run in circles', async () => {
    await storage.put('a', bytes('a'));
    await symlink(join(top, 'outside'), join(root, 'door'));
    await symlink(join(top, 'outside', 'secret'), join(root, 'file'));
    await symlink(root, join(root, 'again'));
    await symlink('nowhere', join(root, 'gone'));
    expect(await pathsOf(storage.list(''))).toEqual(['a']);
    await expect(pathsOf(storage.list('door/'))).rejects.toMatchObject(refused);
  });

  it('follows links that stay inside, and a root that is a link itself', async () => {
    await storage.put('real/a', bytes('a'));
    await symlink('real', join(root, 'alias'));
    expect(text(await storage.read('alias/a'))).toBe('a');
    await symlink(root, join(top, 'link to root'));
    const linked = new LocalStorage(join(top, 'link to root'));
    expect(text(await linked.read('real/a'))).toBe('a');
    expect(linked.locate('real/a')).toBe(join(top, 'link to root', 'real', 'a'));
  });

  it('removes a link, not what it leads to', async () => {
    await symlink(join(top, 'outside', 'secret'), join(root, 'file'));
    await storage.remove('file');
    expect(await readdir(root)).toEqual([]);
    expect(await readFile(join(top, 'outside', 'secret'), 'utf8')).toBe('secret');
  });
});

describe('local create-if-absent', () => {
  it('leaves nothing but the object behind', async () => {
    await storage.putIfAbsent('log/0.json', bytes('0'));
    await storage.putIfAbsent('log/0.json', bytes('1'));
    await storage.put('log/1.json', bytes('1'));
    expect(await readdir(join(root, 'log'))).toEqual(['0.json', '1.json']);
  });

  it('hides temporary files and sweeps those of dead writers', async () => {
    await mkdir(join(root, 'log'));
    const old = join(root, 'log', '.boathouse-1-dead.tmp');
    const fresh = join(root, 'log', '.boathouse-2-busy.tmp');
    await writeFile(old, 'half');
    await writeFile(fresh, 'half');
    await utimes(old, 1000, 1000);
    expect(await pathsOf(storage.list('log/'))).toEqual([]);
    await storage.putIfAbsent('log/0.json', bytes('0'));
    expect((await readdir(join(root, 'log'))).sort()).toEqual(['.boathouse-2-busy.tmp', '0.json']);
  });

  it.each([
    ['an empty file', ''],
    ['a file that begins with the mark', '\0{"add": 1}\n{"add'],
  ])('calls %s unfinished, to be tried again', async (_, content) => {
    await writeFile(join(root, '0.json'), content);
    await expect(storage.read('0.json')).rejects.toMatchObject({
      code: 'storage.unfinished',
      retryable: true,
    });
    expect(await storage.putIfAbsent('0.json', bytes('x'))).toEqual({ kind: 'taken' });
  });

  it('knows its own link when the mount says that it failed', async () => {
    const lyingLink: typeof link = async (from, to) => {
      await link(from, to);
      throw Object.assign(new Error('EEXIST'), { code: 'EEXIST' });
    };
    const file = join(root, '0.json');
    expect(await createIfAbsent(file, bytes('ours'), 'auto', undefined, lyingLink)).toEqual({
      kind: 'created',
    });
    expect(await createIfAbsent(file, bytes('late'), 'auto', undefined, lyingLink)).toEqual({
      kind: 'taken',
    });
    expect(await readdir(root)).toEqual(['0.json']);
  });

  it('creates exclusively where the mount has no links', async () => {
    const noLink: typeof link = async () => {
      throw Object.assign(new Error('ENOTSUP'), { code: 'ENOTSUP' });
    };
    const file = join(root, '0.json');
    expect(await createIfAbsent(file, bytes('ours'), 'auto', undefined, noLink)).toEqual({ kind: 'created' });
    expect(await createIfAbsent(file, bytes('late'), 'auto', undefined, noLink)).toEqual({ kind: 'taken' });
    expect(text(await storage.read('0.json'))).toBe('ours');
    expect(await readdir(root)).toEqual(['0.json']);
  });

  it('shows readers an object without links as unfinished until it is whole', async () => {
    const unlinked = new LocalStorage(root, { links: 'never' });
    // Large enough to be written in several steps.
    const content = bytes('x'.repeat(6_000_000));
    let done = false;
    const creating = unlinked.putIfAbsent('big', content).finally(() => (done = true));
    const seen = new Set<string>();
    while (!done) {
      const size = await storage.read('big').then(
        (read) => `${read.length} bytes`,
        (error: unknown) => (isBoathouseError(error) ? error.code : String(error)),
      );
      seen.add(size);
    }
    expect(await creating).toEqual({ kind: 'created' });
    for (const what of seen)
      expect(['storage.not-found', 'storage.unfinished', '6000000 bytes']).toContain(what);
    expect(seen).toContain('storage.unfinished');
  });

  it('takes a name that another hard link made as taken', async () => {
    await writeFile(join(root, 'a'), 'theirs');
    await link(join(root, 'a'), join(root, 'b'));
    expect(await storage.putIfAbsent('b', bytes('ours'))).toEqual({ kind: 'taken' });
  });
});

describe('writers in processes of their own', () => {
  // Every supported Node must be able to run the writers, also those that can't load TypeScript.
  let bundle: string;
  let storageModule: string;
  beforeAll(async () => {
    bundle = await mkdtemp(join(tmpdir(), 'boathouse-bundle-'));
    await build({
      logLevel: 'silent',
      configFile: false,
      build: {
        ssr: fileURLToPath(new URL('./local.ts', import.meta.url)),
        outDir: bundle,
        rollupOptions: { output: { entryFileNames: 'storage.mjs' } },
      },
    });
    storageModule = join(bundle, 'storage.mjs');
  });
  afterAll(() => rm(bundle, { recursive: true, force: true }));

  it.each(['auto', 'never'] as const)('make each name once and whole, with links: %s', async (links) => {
    const names = 60;
    const writers = await Promise.all(
      Array.from({ length: 4 }, (_, writer) => runWriter({ root, links, names, writer, storageModule })),
    );
    const outcomes = writers.map(({ output }) => new Set(output.trim().split('\n').filter(Boolean)));
    const reader = new LocalStorage(root);
    for (let name = 0; name < names; name += 1) {
      const winners = outcomes.flatMap((won, writer) => (won.has(String(name)) ? [writer] : []));
      expect(winners).toHaveLength(1);
      const content = text(await reader.read(`race/${name}`));
      expect(content).toBe(`${winners[0]}:`.padEnd(20_000, String(winners[0])));
    }
    expect((await readdir(join(root, 'race'))).length).toBe(names);
  });

  it('leave nothing torn when they are killed half-way', async () => {
    const rounds = 6;
    for (let round = 0; round < rounds; round += 1) {
      await runWriter({
        root,
        links: 'auto',
        names: 100_000,
        writer: round,
        storageModule,
        killAfterMs: 30 + round * 13,
      });
    }
    const reader = new LocalStorage(root);
    const paths = await pathsOf(reader.list('race/'));
    expect(paths.length).toBeGreaterThan(rounds);
    for (const path of paths) {
      const content = text(await reader.read(path));
      expect(content).toBe(`${content[0]}:`.padEnd(20_000, content[0] ?? ''));
    }
    await new LocalStorage(root, { orphanAgeMs: 0 }).sweep('race');
    expect((await readdir(join(root, 'race'))).length).toBe(paths.length);
  });
});

/** A process that creates `race/0`, `race/1` … and prints the names it won. */
function runWriter(options: {
  root: string;
  links: 'auto' | 'never';
  names: number;
  writer: number;
  storageModule: string;
  killAfterMs?: number;
}): Promise<{ output: string }> {
  const { root: folder, links, names, writer, storageModule, killAfterMs } = options;
  const script = `
    const { LocalStorage } = await import(${JSON.stringify(storageModule)});
    const storage = new LocalStorage(${JSON.stringify(folder)}, { links: '${links}' });
    const content = new TextEncoder().encode('${writer}:'.padEnd(20000, '${writer}'));
    for (let name = 0; name < ${names}; name += 1) {
      const outcome = await storage.putIfAbsent('race/' + name, content);
      if (outcome.kind === 'created') console.log(name);
    }`;
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    let errors = '';
    let timer: ReturnType<typeof setTimeout> | undefined;
    child.stdout.on('data', (data: Buffer) => {
      output += data.toString();
      // Counted from the first object on, so that a slow start doesn't spoil the test.
      if (killAfterMs !== undefined) timer ??= setTimeout(() => child.kill('SIGKILL'), killAfterMs);
    });
    child.stderr.on('data', (data: Buffer) => (errors += data.toString()));
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (code === 0 || signal === 'SIGKILL') resolve({ output });
      else reject(new Error(`the writer failed (${code}): ${errors}`));
    });
  });
}

describe('errors of the operating system', () => {
  const about = { path: 'log/0.json', uri: 'file:///lake', doing: 'create' };

  it.each([
    ['ENOSPC', 'storage.no-space', /Free space/],
    ['EDQUOT', 'storage.no-space', /quota/],
    ['EACCES', 'storage.no-permission', /ls -ld/],
    ['EROFS', 'storage.no-permission', /read-only/],
    ['ENOTDIR', 'storage.not-a-file', /in the way/],
    ['EIO', 'storage.unreachable', /try again/],
  ])('%s becomes %s with a hint', (code, expected, hint) => {
    const error = localError(Object.assign(new Error(`${code}: no`), { code }), about);
    expect(isBoathouseError(error, expected)).toBe(true);
    expect(error).toMatchObject({
      hint: expect.stringMatching(hint),
      message: expect.stringContaining('log/0.json'),
    });
  });

  it('trouble after an object was created never says that it was not', async () => {
    const full = Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' });
    const error = await settled(Promise.reject(full)).catch((thrown: unknown) => localError(thrown, about));
    expect(error).toMatchObject({ code: 'storage.unreachable', retryable: true });
  });

  it('a length that comes from data sets no more aside than the object has', async () => {
    await storage.put('x', bytes('0123456789'));
    expect(text(await storage.readRange('x', 4, 2 ** 50))).toBe('456789');
    expect(text(await storage.readRange('x', 2 ** 50, 5))).toBe('');
  });

  it.skipIf(process.platform === 'win32')('a folder without permission refuses with a code', async () => {
    await mkdir(join(root, 'log'), { mode: 0o500 });
    await asOrdinaryUser(async () => {
      await expect(storage.putIfAbsent('log/0', bytes('x'))).rejects.toMatchObject({
        code: 'storage.no-permission',
      });
    });
    await chmod(join(root, 'log'), 0o700);
  });

  it.skipIf(!existsSync('/dev/full'))('a full disk refuses with a code', async () => {
    const full = await import('node:fs/promises')
      .then((fs) => fs.writeFile('/dev/full', 'x'))
      .catch((e: unknown) => e);
    expect(localError(full, about)).toMatchObject({ code: 'storage.no-space' });
  });

  it('a file in the place of a folder is told apart', async () => {
    await storage.put('log', bytes('x'));
    await expect(storage.put('log/0', bytes('x'))).rejects.toMatchObject({ code: 'storage.not-a-file' });
  });

  it('a finished write that was never made is missing', async () => {
    const path = await storage.prepareWrite('a/b/c.parquet');
    await expect(storage.finishWrite('a/b/c.parquet')).rejects.toMatchObject({ code: 'storage.not-found' });
    await writeFile(path, 'PAR1');
    expect(await storage.finishWrite('a/b/c.parquet')).toMatchObject({ path: 'a/b/c.parquet', sizeBytes: 4 });
  });
});

/** Runs `work` without root's rights, which no permission stops. */
async function asOrdinaryUser(work: () => Promise<void>): Promise<void> {
  if (process.getuid?.() !== 0) return work();
  const nobody = 65534;
  await chown(root, nobody, nobody);
  await chown(join(root, 'log'), nobody, nobody);
  process.seteuid?.(nobody);
  try {
    await work();
  } finally {
    process.seteuid?.(0);
  }
}
