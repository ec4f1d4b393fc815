/**
 * Jinja in YAML values, rendered as dbt renders it before parsing: dbt_project.yml, profiles.yml,
 * packages.yml and selectors.yml.
 */
import { createHash } from 'node:crypto';
import { dbtVersion, isBoathouseError, type SourceLocation, secrets } from '../base/index.ts';
import {
  bindArguments,
  Dict,
  hostFunction,
  mapScope,
  PySet,
  parseTemplate,
  SafeText,
  type Scope,
  Tuple,
  Undefined,
  type Value,
} from '../jinja/index.ts';
import { projectErrors } from './errors.ts';
import type { YamlFile, YamlPath } from './yaml-file.ts';
import { isPlainDict, type PlainDict, YamlDate } from './yaml-value.ts';

/** What rendering may look at. */
export interface RenderFacts {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** From `--vars`: the only variables there are before the project is read. */
  readonly vars: PlainDict;
  /** What `target` is; undefined while the profile isn't known. */
  readonly target?: PlainDict | undefined;
  /** profiles.yml and packages.yml may read `DBT_ENV_SECRET_…`; nothing else may. */
  readonly allowSecrets: boolean;
}

/** Renders the values of YAML files. */
export interface YamlRenderer {
  /**
   * `value` with every text in it rendered, dates as ISO texts; the input is not changed.
   *
   * @param file for the places of errors: `path` leads from its top to `value`.
   * @param skip whether what stands at a path stays as written.
   * @throws project.missing-env-var, project.missing-var, project.secret-not-allowed, jinja.*
   */
  render(value: unknown, file: YamlFile, path: YamlPath, skip?: (path: YamlPath) => boolean): unknown;
}

/** A renderer that sees `facts`. */
export function yamlRenderer(facts: RenderFacts): YamlRenderer {
  const scope = buildScope(facts);
  const render: YamlRenderer['render'] = (value, file, path, skip) => {
    if (skip?.(path)) return value;
    if (typeof value === 'string')
      return hasJinja(value) ? renderText(value, scope, facts, file, path) : withoutLineEnd(value);
    if (value instanceof YamlDate) return value.isoFormat();
    if (Array.isArray(value)) return value.map((item, i) => render(item, file, [...path, i], skip));
    if (isPlainDict(value)) {
      const rendered: PlainDict = {};
      for (const [key, item] of Object.entries(value))
        rendered[key] = render(item, file, [...path, key], skip);
      return rendered;
    }
    if (value instanceof Dict) {
      const entries = [...value.entries()].map(([key, item]): [Value, Value] => [
        key,
        asValue(render(item, file, [...path, String(key)], skip)),
      ]);
      return new Dict(entries);
    }
    return value;
  };
  return { render };
}

/** Whether `text` can be anything but itself once rendered. */
export function hasJinja(text: string): boolean {
  return text.includes('{{') || text.includes('{%') || text.includes('{#');
}

/** What rendering makes of a text without Jinja: one line end less, which is that of a block of YAML. */
function withoutLineEnd(text: string): string {
  return text.endsWith('\n') ? text.slice(0, -1) : text;
}

function renderText(text: string, scope: Scope, facts: RenderFacts, file: YamlFile, path: YamlPath): unknown {
  try {
    const value = asPlain(parseTemplate(text, { file: file.file }).renderNative(scope));
    return facts.allowSecrets ? revealSecrets(value, facts.env) : value;
  } catch (error) {
    // A password may look like Jinja without being any.
    if (facts.allowSecrets && path.some((step) => step === 'password')) return text;
    throw locateError(error, text, scope, file.locate(path, 'text'));
  }
}

/** Renders once more with the text's true place, which is looked up only when something is wrong. */
function locateError(error: unknown, text: string, scope: Scope, place: SourceLocation): unknown {
  if (!isBoathouseError(error)) return error;
  try {
    const { file, line, column } = place;
    parseTemplate(text, { file, ...(line && { line }), ...(column && { column }) }).renderNative(scope);
  } catch (again) {
    return isBoathouseError(again) ? again.at(place) : again;
  }
  return error.at(place);
}

function buildScope(facts: RenderFacts): Scope {
  const names: Record<string, Value> = {
    dbt_version: dbtVersion,
    env_var: hostFunction('env_var', (args, kwargs) => {
      const [name, initial] = bindArguments('env_var', ['var', ['default', null]], args, kwargs).values;
      return readEnvVar(String(name), initial ?? null, facts);
    }),
    var: hostFunction('var', (args, kwargs) => {
      const [name, initial] = bindArguments('var', ['name', ['default', notGiven]], args, kwargs).values;
      const value = facts.vars[String(name)];
      if (value !== undefined) return asValue(value);
      // `none` is a default like any other.
      if (initial !== undefined && initial !== notGiven) return initial;
      throw projectErrors['missing-var'](
        { name: String(name) },
        { hint: 'Here only variables given with --vars count; those of dbt_project.yml are not known yet.' },
      );
    }),
    tojson: hostFunction('tojson', (args) => JSON.stringify(asPlain(args[0] ?? null))),
    fromjson: hostFunction('fromjson', (args) => asValue(JSON.parse(String(args[0])) as unknown)),
    local_md5: hostFunction('local_md5', (args) => createHash('md5').update(String(args[0])).digest('hex')),
  };
  if (facts.target !== undefined) names['target'] = asValue(facts.target);
  return mapScope(names);
}

const notGiven: Value = new Tuple([]);

function readEnvVar(name: string, initial: Value, facts: RenderFacts): Value {
  const isSecret = name.startsWith(secretPrefix);
  if (isSecret && !facts.allowSecrets) throw projectErrors['secret-not-allowed']({ name });
  const value = facts.env[name];
  if (value === undefined) {
    if (initial !== null) return initial;
    throw projectErrors['missing-env-var']({ name });
  }
  if (!isSecret) return value;
  secrets.add(value);
  // Templates see a stand-in only, so that no filter can make a part of a secret that isn't masked.
  return `${secretStart}${name}${secretEnd}`;
}

/** The prefix of environment variables whose values are never shown. */
export const secretPrefix = 'DBT_ENV_SECRET';
const secretStart = '$$$DBT_SECRET_START$$$';
const secretEnd = '$$$DBT_SECRET_END$$$';
const secretMark = /\$\$\$DBT_SECRET_START\$\$\$(.*?)\$\$\$DBT_SECRET_END\$\$\$/g;

function revealSecrets(value: unknown, env: RenderFacts['env']): unknown {
  if (typeof value !== 'string' || !value.includes(secretStart)) return value;
  return value.replace(secretMark, (_, name: string) => env[name] ?? '');
}

/** Plain data as a template's value. */
export function asValue(plain: unknown): Value {
  if (plain === undefined) return null;
  if (Array.isArray(plain)) return plain.map(asValue);
  if (isPlainDict(plain)) return new Dict(Object.entries(plain).map(([key, item]) => [key, asValue(item)]));
  return plain as Value;
}

/** A template's value as plain data. */
export function asPlain(value: Value): unknown {
  if (Array.isArray(value)) return value.map(asPlain);
  if (value instanceof Tuple) return value.items.map(asPlain);
  if (value instanceof PySet) return [...value].map(asPlain);
  if (value instanceof SafeText) return value.text;
  if (value instanceof Undefined) return null;
  if (value instanceof Dict) {
    const entries = [...value.entries()];
    if (!entries.every(([key]) => typeof key === 'string' && key !== '__proto__')) return value;
    return Object.fromEntries(entries.map(([key, item]) => [key as string, asPlain(item)]));
  }
  return value;
}
