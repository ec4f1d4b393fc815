/** `docs generate` and `docs serve` as commands: exit codes, what is printed, and a server that ends when it is told to. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ended, Folder, project } from './command.ts';

describe('docs', () => {
  let folder: Folder;
  beforeAll(async () => {
    folder = new Folder().put({
      ...project('shop'),
      'models/orders.sql': 'select 1 as id',
      'models/late.sql':
        "select {{ exceptions.raise_compiler_error('not yet') if execute and var('late', false) }} 1 as id",
    });
    await folder.ok('build');
  });
  afterAll(() => folder.remove());

  it('says where the catalog and the site are, and takes dbt’s switches from both sides', async () => {
    const { stdout } = await folder.ok('docs', 'generate', '--no-static', '--compile', '--no-empty-catalog');
    expect(stdout).toMatch(
      /^Building catalog\nCatalog written to .*catalog\.json\nSite written to .*index\.html\n$/,
    );
    expect(existsSync(join(folder.path, 'target/static_index.html'))).toBe(false);
    const { stdout: log } = await folder.ok('docs', 'generate', '--log-format', 'json');
    const names = log
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { info: { name: string } }).info.name);
    expect(names).toEqual(expect.arrayContaining(['BuildingCatalog', 'CatalogWritten']));
    const { stdout: json } = await folder.ok('docs', 'generate', '--json', '--select', 'orders');
    const result = JSON.parse(json.trim().split('\n').at(-1) ?? '') as Record<string, unknown>;
    expect(result).toMatchObject({ kind: 'result', command: 'docs generate', exitCode: 0, errors: [] });
  });

  it('ends with 2, as dbt does, when a node can’t be compiled, and says which', async () => {
    const { code, output } = await folder.run('docs', 'generate', '--vars', 'late: true');
    expect(code).toBe(2);
    expect(output).toContain('not yet');
    expect(output).toContain('Compiling failed, so no documentation was written');
  });

  it('serves until it is told to stop, on this machine alone', async () => {
    await folder.ok('docs', 'generate');
    const server = folder.start('docs', 'serve', '--port', '0', '--no-browser', '--json');
    const end = ended(server);
    const url = await new Promise<string>((done, failed) => {
      server.stdout?.once('data', (line: Buffer) => done((JSON.parse(String(line)) as { url: string }).url));
      server.once('close', () => failed(new Error('it ended')));
    });
    expect(url).toMatch(/^http:\/\/localhost:\d+$/);
    const page = await fetch(url.replace('localhost', '127.0.0.1'));
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(await page.text()).toContain('id="boathouse-data"');
    server.kill('SIGINT');
    expect((await end).code).toBe(130);
    await expect(fetch(url)).rejects.toThrow();
  });

  it.each([
    [['docs', 'serve', '--port', 'many'], /--port: 'many' is not a port/],
    [['docs', 'serve', '--port', '70000'], /is not a port/],
    [['docs', 'serve', '--host', '203.0.113.9', '--port', '0'], /Can't listen on 203\.0\.113\.9/],
  ])('refuses %j', async (args, message) => {
    const { code, output } = await folder.run(...args);
    expect(code).toBe(2);
    expect(output).toMatch(message);
  });
});
