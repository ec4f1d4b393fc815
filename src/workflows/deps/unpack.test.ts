import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { Header } from 'tar';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { archiveOf } from './fake-hub.fixture.ts';
import { refuseLinksOut, unpack } from './unpack.ts';

let top: string;

beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), 'boathouse-unpack-'));
});
afterEach(() => rmSync(top, { recursive: true, force: true }));

interface Entry {
  readonly path: string;
  readonly type?: 'File' | 'Directory' | 'SymbolicLink' | 'Link' | 'CharacterDevice';
  readonly linkpath?: string;
  readonly text?: string;
  /** What the header says, whatever the text is. */
  readonly size?: number;
}

/** An archive as no honest program writes it. */
function archive(...entries: readonly Entry[]): Buffer {
  const blocks = entries.map(({ path, type = 'File', linkpath, text = '', size }) => {
    const header = new Header({
      path,
      type,
      mode: 0o644,
      size: size ?? text.length,
      mtime: new Date(0),
      ...(linkpath === undefined ? {} : { linkpath }),
    });
    const head = Buffer.alloc(512);
    header.encode(head);
    return Buffer.concat([head, Buffer.from(text), Buffer.alloc((512 - (text.length % 512)) % 512)]);
  });
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)]));
}

const good: Entry = { path: 'p-1/dbt_project.yml', text: 'name: p\n' };

describe('unpack', () => {
  it('gives the one folder of an archive', async () => {
    const bytes = await archiveOf('p-1', { 'dbt_project.yml': 'name: p\n', 'models/a.sql': 'select 1' });
    const folder = await unpack(bytes, join(top, 'x'), 'u');
    expect(readdirSync(folder).sort()).toEqual(['dbt_project.yml', 'models']);
  });

  it.each([
    ['leads above its folder', archive(good, { path: '../evil', text: 'x' }), /outside of its folder/],
    ['leads above from below', archive(good, { path: 'p-1/../../evil', text: 'x' }), /outside of its folder/],
    [
      'has an absolute path',
      archive(good, { path: '/tmp/boathouse-evil', text: 'x' }),
      /outside of its folder/,
    ],
    [
      'has a link out of it',
      archive(good, { path: 'p-1/l', type: 'SymbolicLink', linkpath: '../../evil' }),
      /link that leads out/,
    ],
    [
      'has an absolute link',
      archive(good, { path: 'p-1/l', type: 'SymbolicLink', linkpath: '/etc' }),
      /link that leads out/,
    ],
    [
      'has a hard link out of it',
      archive(good, { path: 'p-1/l', type: 'Link', linkpath: '../../etc/passwd' }),
      /link that leads out/,
    ],
    [
      'holds a device',
      archive(good, { path: 'p-1/d', type: 'CharacterDevice' }),
      /neither a file, a folder nor a link/,
    ],
    ['says it is huge', archive(good, { path: 'p-1/huge', size: 2 ** 31 }), /larger than/],
    ['has two folders', archive(good, { path: 'q/x', text: 'x' }), /more than one/],
    ['has a file alone', archive({ path: 'x', text: 'x' }), /no folder/],
    ['is empty', archive(), /./],
    ['is no archive', gzipSync(Buffer.from('hello')), /./],
    ['is a page of HTML', Buffer.from('<html>not found</html>'), /not compressed with gzip/],
    ['is nothing', Buffer.alloc(0), /not compressed with gzip/],
  ])('refuses one that %s', async (_, bytes, message) => {
    await expect(unpack(bytes, join(top, 'x'), 'u')).rejects.toMatchObject({
      code: 'workflows.bad-archive',
      message: expect.stringMatching(message) as string,
    });
    expect(readdirSync(top).filter((name) => name.startsWith('evil'))).toEqual([]);
  });

  it('refuses a torn one, wherever it is torn', async () => {
    const text = Array.from({ length: 5000 }, (_, i) => `select ${i * 7919}`).join('\n');
    const bytes = await archiveOf('p-1', { 'dbt_project.yml': 'name: p\n', 'models/a.sql': text });
    for (const part of [0.1, 0.5, 0.9, 0.999]) {
      const torn = bytes.subarray(0, Math.floor(bytes.length * part));
      await expect(unpack(torn, join(top, `x${part}`), 'u')).rejects.toMatchObject({
        code: 'workflows.bad-archive',
      });
    }
  });
});

describe('refuseLinksOut', () => {
  it.each([
    ['a file beside it', 'a.sql', true],
    ['a folder above, still inside', '../a.sql', true],
    ['what is outside', '../../a.sql', false],
    ['an absolute path', '/etc/hosts', false],
  ])('looks at a link to %s', async (_, target, isAllowed) => {
    mkdirSync(join(top, 'p/below'), { recursive: true });
    writeFileSync(join(top, 'p/a.sql'), '');
    symlinkSync(target, join(top, 'p/below/l'));
    const looking = refuseLinksOut(join(top, 'p'), 'p');
    if (isAllowed) await expect(looking).resolves.toBeUndefined();
    else await expect(looking).rejects.toMatchObject({ code: 'workflows.unsafe-link' });
  });
});
