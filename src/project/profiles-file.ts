/** profiles.yml: finding it, choosing profile and target, rendering what was chosen. */
import { join, resolve } from 'node:path';
import { didYouMean } from '../base/index.ts';
import { kindAt } from './disk.ts';
import { projectErrors } from './errors.ts';
import { parseTarget } from './parse-target.ts';
import { readText } from './read-text.ts';
import { type YamlRenderer, yamlRenderer } from './render-yaml.ts';
import type { TargetProfile } from './target-profile.ts';
import type { WarningList } from './warnings.ts';
import { parseYaml, type YamlFile } from './yaml-file.ts';
import { describeYaml, isPlainDict, type PlainDict } from './yaml-value.ts';

/** What decides which target is read. */
export interface ProfileRequest {
  readonly projectDir: string;
  readonly homeDir: string;
  readonly profilesDir: string | undefined;
  readonly profileName: string;
  readonly targetName: string | undefined;
  readonly threads: number | undefined;
  readonly vars: PlainDict;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * The target that `request` chooses. Only that target is rendered, so that another one may need
 * environment variables that aren't set here.
 *
 * @throws project.no-profiles-file, project.no-profile, project.no-target, project.bad-yaml,
 * project.bad-value, project.missing-env-var and what `parseTarget` throws.
 */
export function readProfile(request: ProfileRequest, warnings: WarningList): TargetProfile {
  const path = findProfilesFile(request);
  const file = parseYaml(readText(path), path);
  for (const warning of file.warnings) warnings.add(warning);
  const profiles = mappingAt(file, file.value ?? {}, []);
  const profile = chooseProfile(profiles, request.profileName, file, path);
  const renderer = yamlRenderer({ env: request.env, vars: request.vars, allowSecrets: true });
  const place = [request.profileName];
  const targetName = request.targetName ?? chosenTarget(profile, renderer, file, place);
  const outputs = mappingAt(file, profile['outputs'], [...place, 'outputs']);
  const output = outputs[targetName];
  if (output === undefined) {
    const known = Object.keys(outputs);
    throw projectErrors['no-target'](
      { target: targetName, profile: request.profileName, known },
      { location: file.locate([...place, 'outputs'], 'key'), hint: suggestion(targetName, known) },
    );
  }
  const targetPath = [...place, 'outputs', targetName];
  const rendered = renderer.render(mappingAt(file, output, targetPath), file, targetPath);
  return parseTarget(mappingAt(file, rendered, targetPath), {
    file,
    path: targetPath,
    profilesFile: path,
    profileName: request.profileName,
    targetName,
    projectDir: request.projectDir,
    threads: request.threads,
    warnings,
  });
}

/** The names of the targets that `request`'s profile has. @throws what `readProfile` throws before it looks for the target. */
export function targetNames(request: ProfileRequest): readonly string[] {
  const path = findProfilesFile(request);
  const file = parseYaml(readText(path), path);
  const profiles = mappingAt(file, file.value ?? {}, []);
  const profile = chooseProfile(profiles, request.profileName, file, path);
  return Object.keys(mappingAt(file, profile['outputs'], [request.profileName, 'outputs']));
}

function suggestion(name: string, known: readonly string[]): string | undefined {
  return didYouMean(name, known);
}

/** dbt's order: what was given, DBT_PROFILES_DIR, the project's folder, `~/.dbt`. */
function findProfilesFile(request: ProfileRequest): string {
  const given = request.profilesDir ?? request.env['DBT_PROFILES_DIR'];
  const folders =
    given !== undefined && given !== ''
      ? [resolve(expandHome(given, request.homeDir))]
      : [request.projectDir, join(request.homeDir, '.dbt')];
  for (const folder of folders) {
    const path = join(folder, 'profiles.yml');
    if (kindAt(path) !== 'none') return path;
  }
  throw projectErrors['no-profiles-file']({ searched: folders });
}

function expandHome(path: string, homeDir: string): string {
  return path === '~' || path.startsWith('~/') ? join(homeDir, path.slice(1)) : path;
}

function chooseProfile(profiles: PlainDict, name: string, file: YamlFile, path: string): PlainDict {
  const profile = profiles[name];
  if (profile === undefined) {
    const known = Object.keys(profiles).filter((key) => key !== 'config');
    throw projectErrors['no-profile'](
      { profile: name, file: path, known },
      { location: { file: path }, hint: suggestion(name, known) },
    );
  }
  return mappingAt(file, profile, [name]);
}

function chosenTarget(
  profile: PlainDict,
  renderer: YamlRenderer,
  file: YamlFile,
  place: readonly string[],
): string {
  const name = renderer.render(profile['target'] ?? 'default', file, [...place, 'target']);
  if (['string', 'number', 'bigint', 'boolean'].includes(typeof name)) return String(name);
  throw projectErrors['bad-value'](
    {
      path: [...place, 'target'].join('.'),
      expected: 'the name of one of its outputs',
      found: describeYaml(name),
    },
    { location: file.locate([...place, 'target']) },
  );
}

function mappingAt(file: YamlFile, value: unknown, path: readonly string[]): PlainDict {
  if (isPlainDict(value)) return value;
  throw projectErrors['bad-value'](
    {
      path: path.length === 0 ? 'profiles.yml' : path.join('.'),
      expected: 'a mapping',
      found: describeYaml(value),
    },
    { location: file.locate(path) },
  );
}
