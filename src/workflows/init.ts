/** `init`: a small project that builds at once, to grow from. */
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { workflowErrors } from './errors.ts';
import { projectTemplate } from './project-template.ts';

/** Where to begin. */
export interface InitOptions {
  /** A new or empty folder; its name becomes the project's unless `name` is given. */
  readonly folder: string;
  readonly name?: string | undefined;
  /** A profile that there is already: none is written. */
  readonly profile?: string | undefined;
  /** Write no profiles.yml. */
  readonly skipProfile?: boolean | undefined;
}

/** What was made. */
export interface InitResult {
  readonly name: string;
  /** Absolute. */
  readonly folder: string;
  /** Relative to the folder. */
  readonly files: readonly string[];
}

/**
 * Writes a project with its profile beside it: seeds, models in three layers, tests and descriptions.
 *
 * @throws workflows.folder-not-empty, workflows.bad-project-name
 */
export async function init(options: InitOptions): Promise<InitResult> {
  const folder = resolve(options.folder);
  const name = options.name ?? basename(folder).toLowerCase().replaceAll(/\W+/g, '_');
  if (!/^[A-Za-z_]\w*$/.test(name)) throw workflowErrors['bad-project-name']({ name });
  const there = await readdir(folder).catch(() => []);
  if (there.some((file) => !file.startsWith('.'))) throw workflowErrors['folder-not-empty']({ folder });
  const files = withoutProfile(projectTemplate(name), name, options);
  for (const [path, text] of Object.entries(files)) {
    const file = join(folder, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
  return { name, folder, files: Object.keys(files) };
}

/** The files, with the profile that the user has instead of one of their own. */
function withoutProfile(
  files: Readonly<Record<string, string>>,
  name: string,
  { profile, skipProfile }: InitOptions,
): Readonly<Record<string, string>> {
  if (profile === undefined && skipProfile !== true) return files;
  const { 'profiles.yml': _, ...others } = files;
  const project = others['dbt_project.yml'] ?? '';
  const named = project.replace(/^profile: .*$/m, `profile: ${JSON.stringify(profile ?? name)}`);
  return { ...others, 'dbt_project.yml': named };
}
