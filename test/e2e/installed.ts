/** The package as a user has it: packed, unpacked into an empty folder, its dependencies linked and not downloaded. */
import { spawn } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { ended } from './command.ts';

const checkout = resolve(import.meta.dirname, '../..');

/** What a script printed and how it ended. */
export interface Ran {
  readonly code: number;
  readonly output: string;
}

/** An empty project in a temporary folder, in which `boathouse` is installed. Folders below it see it, too. */
export class InstalledPackage {
  readonly path: string = realpathSync(mkdtempSync(join(tmpdir(), 'boathouse-installed-')));

  /** Packs and unpacks. @throws when that fails, or a dependency isn't in the checkout. */
  async install(): Promise<void> {
    const modules = join(this.path, 'node_modules');
    const home = join(modules, 'boathouse');
    mkdirSync(home, { recursive: true });
    // Not through the lifecycle scripts: they would build while other tests run what is built.
    await must('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', this.path], checkout);
    const [tarball = ''] = readdirSync(this.path).filter((name) => name.endsWith('.tgz'));
    await must('tar', ['-xzf', join(this.path, tarball), '-C', home, '--strip-components', '1'], this.path);
    const manifest = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>;
      bin: { boathouse: string };
    };
    // A user's project brings the types of Node itself.
    for (const name of [...Object.keys(manifest.dependencies), '@types/node']) {
      mkdirSync(dirname(join(modules, name)), { recursive: true });
      symlinkSync(realpathSync(join(checkout, 'node_modules', name)), join(modules, name));
    }
    mkdirSync(join(modules, '.bin'));
    symlinkSync(join('../boathouse', manifest.bin.boathouse), join(modules, '.bin/boathouse'));
    writeFileSync(join(this.path, 'package.json'), '{"name":"empty","private":true,"type":"module"}\n');
  }

  /** Runs lines of shell in `folder`, stopping at the first that fails. */
  async shell(lines: string, folder: string): Promise<Ran & { readonly folder: string }> {
    const note = join(this.path, 'folder.txt');
    writeFileSync(note, folder);
    const script = `set -eo pipefail\nexec 2>&1\ntrap 'pwd > ${note}' EXIT\n${lines}`;
    const ran = await this.#run('bash', ['-c', script], folder);
    return { ...ran, folder: readFileSync(note, 'utf8').trim() };
  }

  /** Checks a TypeScript program against the package's declarations, then runs it in `folder`. */
  async program(text: string, folder: string, name: string): Promise<Ran> {
    writeFileSync(join(folder, `${name}.ts`), text);
    const compiler = join(checkout, 'node_modules/typescript/bin/tsc');
    // What a new project has: Arrow's declarations need the types of the web's streams.
    const options = '--target esnext --module nodenext --strict --types node'.split(' ');
    const checked = await this.#run(process.execPath, [compiler, ...options, `${name}.ts`], folder);
    return checked.code === 0 ? this.#run(process.execPath, [`${name}.js`], folder) : checked;
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }

  #run(command: string, args: readonly string[], cwd: string): Promise<Ran> {
    const { FORCE_COLOR: _color, DBT_PROFILES_DIR: _profiles, ...rest } = process.env;
    const env = {
      ...rest,
      HOME: this.path,
      NO_COLOR: '1',
      PATH: `${join(this.path, 'node_modules/.bin')}:${process.env['PATH'] ?? ''}`,
      npm_config_update_notifier: 'false',
    };
    return ended(spawn(command, args, { cwd, env }));
  }
}

async function must(command: string, args: readonly string[], cwd: string): Promise<void> {
  const ran = await ended(spawn(command, args, { cwd }));
  if (ran.code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${ran.code}:\n${ran.stderr}`);
}
