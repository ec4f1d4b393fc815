/** Generic tests: what `data_tests:` of models, sources, seeds, snapshots and their columns ask for. */
import { didYouMean, type SourceLocation } from '../base/index.ts';
import { parseTemplate, type Scope, type Value } from '../jinja/index.ts';
import { isPlainDict } from '../project/index.ts';
import { addConfigCall } from './config-levels.ts';
import { tellDeprecated } from './deprecations.ts';
import { compilerErrors } from './errors.ts';
import { type Finishing, finishNode } from './finish-node.ts';
import type { MacroEntry } from './macro-registry.ts';
import type { ManifestNode, Plain } from './manifest.ts';
import { newNode } from './node-shape.ts';
import { toPlain } from './plain-values.ts';
import { type PropertyEntry, placeOf } from './property-entries.ts';
import { pythonRepr } from './python-repr.ts';
import { applyRecord, newRecord, type Recorded } from './record-sql.ts';
import { foldersOf } from './sql-nodes.ts';
import { refOfCall, type StaticCall, staticCalls } from './static-calls.ts';
import { renderTestArguments, testArgumentsName } from './test-arguments.ts';
import { testHash, testNames } from './test-names.ts';

/** What a test is on. */
export interface TestSubject {
  readonly entry: PropertyEntry;
  /** `ref('orders')`, `source('a', 'b')`: as the test's `model` argument has it. */
  readonly expression: string;
  /** What the test's name is made of: `orders`, `dim_v2`, `files_cities`. */
  readonly nameInTest: string;
  readonly isSource: boolean;
  /** The model's version, where it has versions. */
  readonly version: string | number | null;
  /** `models.orders`, `sources.files`. */
  readonly fileKeyName: string;
  /** The model's, seed's or snapshot's node, when there is one. */
  readonly node: ManifestNode | undefined;
  readonly columnName: string | null;
  readonly tags: readonly string[];
  /** Where the test stands in its entry. */
  readonly path: readonly (string | number)[];
}

const configArgs = [
  'severity',
  'tags',
  'enabled',
  'where',
  'limit',
  'warn_if',
  'error_if',
  'fail_calc',
  'store_failures',
  'store_failures_as',
  'meta',
  'database',
  'schema',
  'alias',
];

/** Reads generic tests into the manifest, for one parse. */
export class GenericTests {
  readonly #tools: Finishing;
  readonly #yaml: (packageName: string) => Scope;

  /** @param yaml the scope that property files of a package are rendered in. */
  constructor(tools: Finishing, yaml: (packageName: string) => Scope) {
    this.#tools = tools;
    this.#yaml = yaml;
  }

  /** Takes one test in. One whose macro isn't there is told of, and fails when it is compiled. @throws compiler.bad-property */
  add(written: unknown, subject: TestSubject): void {
    const { parsing } = this.#tools;
    const { entry } = subject;
    const place = (): SourceLocation => placeOf(entry, ...subject.path);
    const { name: fullTestName, args } = this.#argumentsOf(written, subject, place);
    const [namespace, testName] = splitName(fullTestName);
    const config = this.#configOf(args, subject);
    const description = takeText(args, 'description');
    const givenName = takeText(args, 'name');
    args['model'] = `{{ get_where_subquery(${subject.expression}) }}`;
    const kind = `${namespace === null ? '' : `${namespace}_`}${subject.isSource ? 'source_' : ''}${testName}`;
    const names =
      givenName === undefined
        ? testNames(kind, subject.nameInTest, args)
        : { full: givenName, short: givenName };
    if (names.short !== names.full && !('alias' in config)) config['alias'] = names.short;
    const macro = parsing.registry.findTest(testName, namespace, entry.packageName);
    if (!macro) this.#tellNotFound(testName, namespace, subject, place);
    const metadata = { name: testName, kwargs: args, namespace };
    const relative = entry.file.relativePath.split('/').slice(1).join('/');
    const node = newNode(
      {
        type: 'test',
        packageName: entry.packageName,
        name: names.full,
        uniqueId: `test.${entry.packageName}.${names.full}.${testHash(names.full, metadata)}`,
        fqn: [entry.packageName, ...foldersOf(relative), names.full],
        path: `${names.short}.sql`,
        originalFilePath: entry.file.relativePath,
        rawCode: `{{ ${namespace === null ? '' : `${namespace}.`}test_${testName}(**${testArgumentsName}) }}${configCall(config)}`,
        checksum: { name: 'none', checksum: '' },
        ...parsing.home,
        createdAt: parsing.createdAt,
      },
      {},
    );
    node.tags = [...new Set([...subject.tags, ...tagsOf(config)])].sort();
    node.column_name = subject.columnName;
    node.file_key_name = subject.fileKeyName;
    node.attached_node = subject.node?.unique_id ?? null;
    node.test_metadata = metadata;
    this.#describe(node, description, entry, place);
    this.#finish(node, macro, config, subject, place);
  }

  #describe(
    node: ManifestNode,
    description: string | undefined,
    entry: PropertyEntry,
    place: () => SourceLocation,
  ): void {
    if (description === undefined) return;
    const described = this.#tools.docs.describe(description, entry.packageName, place);
    node.description = described.text;
    node.doc_blocks = described.blocks;
  }

  #finish(
    node: ManifestNode,
    macro: MacroEntry | undefined,
    config: Plain,
    subject: TestSubject,
    place: () => SourceLocation,
  ): void {
    const { parsing } = this.#tools;
    const record = this.#record(node, macro, config, subject, place);
    const own = { calls: record.calls, patch: undefined, location: place, file: subject.entry.file.path };
    finishNode(this.#tools, node, own, record);
    applyRecord(node, record);
    if (subject.node) node.group = subject.node.group;
    const before = parsing.manifest.nodes[node.unique_id];
    if (before && node.config.enabled) {
      throw compilerErrors['duplicate-name'](
        { kind: 'tests', name: node.name, first: before.original_file_path, second: node.original_file_path },
        { location: place(), hint: 'Give one of them a name of its own, or remove it.' },
      );
    }
    parsing.add(node, place);
  }

  /** Finds what the test refers to: by reading where its macro is ours and knows no surprises, else by rendering. */
  #record(
    node: ManifestNode,
    macro: MacroEntry | undefined,
    config: Plain,
    subject: TestSubject,
    place: () => SourceLocation,
  ): Recorded {
    const record = newRecord();
    const { kwargs, name, namespace } = node.test_metadata as NonNullable<ManifestNode['test_metadata']>;
    // dbt counts the test that the name alone means, too, where a package's is asked for.
    const { registry } = this.#tools.parsing;
    const byName = namespace === null ? undefined : registry.find(`test_${name}`, node.package_name);
    for (const entry of new Set([byName, macro])) if (entry) record.macros.push(entry.uniqueId);
    const plainTest = macro?.builtIn === true && readableTests.has(macro.name);
    const calls = plainTest && this.#whereIsOurs(node.package_name) ? literalCalls(kwargs) : undefined;
    const isShort =
      macro?.builtIn === true && (macro.name === 'test_unique' || macro.name === 'test_not_null');
    if (calls) {
      addConfigCall(record.calls, config, node.unique_id);
      // The test's code configures the same again; dbt reads the two shortest without looking at their code.
      if (!isShort) addConfigCall(record.calls, config, node.unique_id);
      for (const call of calls) {
        if (call.name === 'source') record.sources.push([...(call.args as string[])]);
        else record.refs.push(isShort ? { ...refOfCall(call), version: subject.version } : refOfCall(call));
      }
      // dbt reads these two without rendering, and so never sees the macro that their model goes through.
      const where = this.#tools.parsing.registry.find('get_where_subquery', node.package_name);
      if (!isShort && where) record.macros.push(where.uniqueId);
      return record;
    }
    const base = this.#tools.parsing.levels.of({
      type: 'test',
      packageName: node.package_name,
      fqn: node.fqn,
      calls: config,
      node: node.unique_id,
    });
    node.config = base.config as ManifestNode['config'];
    const at = place();
    const origin = { file: at.file, ...(at.line === undefined ? {} : { line: at.line }) };
    addConfigCall(record.calls, config, node.unique_id);
    // Of macros that arguments call, dbt counts only the one that each `model` goes through.
    const inArguments: Recorded = { ...record, macros: [] };
    const scope = this.#tools.recorder.scope(node, inArguments);
    const rendered = renderTestArguments(kwargs, scope, origin, 'lenient');
    if (isShort)
      record.refs.splice(0, Infinity, ...record.refs.map((ref) => ({ ...ref, version: subject.version })));
    const where = this.#tools.parsing.registry.find('get_where_subquery', node.package_name)?.uniqueId;
    if (!isShort) record.macros.push(...inArguments.macros.filter((id) => id === where));
    // What can't be called is found out when the test is compiled: a run without tests doesn't need it.
    if (!macro) return record;
    const extra = new Map<string, Value>([[testArgumentsName, rendered]]);
    this.#tools.recorder.renderTemplate(node, parseTemplate(node.raw_code, origin), record, extra);
    return record;
  }

  #whereIsOurs(packageName: string): boolean {
    const { registry } = this.#tools.parsing;
    if (['ref', 'source', 'config'].some((name) => registry.find(name, packageName) !== undefined))
      return false;
    return (
      registry.find('get_where_subquery', packageName)?.builtIn === true &&
      registry.dispatch('get_where_subquery', 'dbt', packageName)?.builtIn !== false
    );
  }

  #argumentsOf(
    written: unknown,
    subject: TestSubject,
    place: () => SourceLocation,
  ): { name: string; args: Plain } {
    const bad = (problem: string, hint?: string): never => {
      throw compilerErrors['bad-property']({ problem }, { location: place(), hint });
    };
    let name: unknown;
    let given: unknown = {};
    if (typeof written === 'string') name = written;
    else if (!isPlainDict(written))
      bad('A test has to be a name, or a mapping from its name to its arguments');
    if (isPlainDict(written)) {
      if ('test_name' in written) {
        const { test_name: testName, ...rest } = written;
        name = testName;
        given = rest;
      } else {
        const entries = Object.entries(written);
        if (entries.length !== 1) {
          bad(
            `A test has to be a mapping with one key, its name; this one has ${entries.map(([key]) => `'${key}'`).join(', ')}`,
            'Indent the arguments one level deeper than the name.',
          );
        }
        [[name, given]] = entries as [[string, unknown]];
      }
    }
    if (given === null && isPlainDict(written)) {
      bad(
        `The test '${String(name)}' has a colon, and nothing below it`,
        `Leave out the colon: - ${String(name)}`,
      );
    }
    if (!isPlainDict(given)) bad(`The arguments of the test '${String(name)}' have to be a mapping`);
    if (typeof name !== 'string') bad('The name of a test has to be a text');
    const args: Plain = { ...(given as Plain) };
    if ('config' in args && !isPlainDict(args['config']))
      bad(`'config' of the test '${String(name)}' has to be a mapping`);
    for (const key of ['name', 'description']) {
      if (key in args && typeof args[key] !== 'string')
        bad(`'${key}' of the test '${String(name)}' has to be a text`);
    }
    if (subject.columnName !== null) args['column_name'] = subject.columnName;
    const nested = args['arguments'];
    const knowsArguments =
      this.#tools.parsing.project.config.flags['require_generic_test_arguments_property'] !== false;
    if (knowsArguments) this.#tellDeprecated(name as string, args, nested, place);
    else if ('arguments' in args) {
      const message = `'arguments' of the test '${String(name)}' is an argument of its own by the project's flags`;
      tellDeprecated(this.#tools.parsing, 'arguments-property', message, place);
    }
    if (knowsArguments && isPlainDict(nested)) {
      delete args['arguments'];
      Object.assign(args, nested);
    }
    if ('model' in args) bad("A test can't have an argument 'model': that is what it is on");
    return { name: name as string, args };
  }

  /** Configuration and arguments may still stand directly below the test's name. */
  #tellDeprecated(name: string, args: Plain, nested: unknown, place: () => SourceLocation): void {
    const { parsing } = this.#tools;
    const keys = Object.keys(args);
    for (const moved of keys.filter((key) => configArgs.includes(key))) {
      const message = `'${moved}' of the test '${name}' stands beside its arguments instead of under 'config'`;
      tellDeprecated(parsing, 'property-moved-to-config', message, place);
    }
    const isEmpty = !isPlainDict(nested) || Object.keys(nested).length === 0;
    const argument = keys.find((key) => !besideArguments.has(key));
    if (isEmpty && argument !== undefined) {
      const message = `The arguments of the test '${name}', such as '${argument}', don't stand under 'arguments'`;
      tellDeprecated(parsing, 'missing-arguments', message, place);
    }
  }

  /** The test's own configuration, taken out of its arguments: beside them, or under `config`. */
  #configOf(args: Plain, subject: TestSubject): Plain {
    const written = isPlainDict(args['config']) ? { ...args['config'] } : {};
    delete args['config'];
    const config: Plain = {};
    for (const key of configArgs) {
      const value = args[key] ?? written[key];
      delete args[key];
      delete written[key];
      if (value !== undefined && value !== null) config[key] = this.#rendered(value, subject);
    }
    for (const [key, value] of Object.entries(written)) {
      if (value !== null && value !== undefined) config[key] = this.#rendered(value, subject);
    }
    return config;
  }

  #rendered(value: unknown, subject: TestSubject): unknown {
    if (typeof value !== 'string' || !(value.includes('{{') || value.includes('{%'))) return value;
    const template = parseTemplate(value, { file: subject.entry.file.path });
    return toPlain(template.renderNative(this.#yaml(subject.entry.packageName), { undefined: 'strict' }));
  }

  #tellNotFound(
    name: string,
    namespace: string | null,
    subject: TestSubject,
    place: () => SourceLocation,
  ): void {
    const known = [...this.#tools.parsing.registry.names(subject.entry.packageName)]
      .filter((macro) => macro.startsWith('test_'))
      .map((macro) => macro.slice('test_'.length));
    const on =
      subject.columnName === null
        ? `'${subject.entry.name}'`
        : `'${subject.entry.name}.${subject.columnName}'`;
    const location = place();
    const error = compilerErrors['test-not-found'](
      { name, package: namespace, on },
      { location, hint: didYouMean(name, known) },
    );
    const { code, message, hint } = error;
    this.#tools.parsing.warn({ code, message, hint, location });
  }
}

/** Keys below a test's name that are no arguments of its. */
const besideArguments = new Set(['config', 'column_name', 'description', 'name', 'arguments', ...configArgs]);

/** Our tests that call nothing but what their arguments show. */
const readableTests = new Set(['test_unique', 'test_not_null', 'test_accepted_values', 'test_relationships']);

/** The `ref` and `source` calls that arguments are; undefined when one has to be rendered to know. */
function literalCalls(kwargs: Plain): StaticCall[] | undefined {
  const calls: StaticCall[] = [];
  for (const [key, value] of Object.entries(kwargs)) {
    if (key === 'column_name') continue;
    const text =
      key === 'model' ? String(value).slice('{{ get_where_subquery('.length, -') }}'.length) : value;
    if (!collect(text, calls)) return undefined;
  }
  return calls;
}

function collect(value: unknown, calls: StaticCall[]): boolean {
  if (Array.isArray(value)) return value.every((item) => collect(item, calls));
  if (isPlainDict(value)) return Object.values(value).every((item) => collect(item, calls));
  if (typeof value !== 'string') return true;
  if (value.includes('{{') || value.includes('{%') || value.includes('{#')) return false;
  if (!/^\s*(env_var|ref|var|source|doc)\s*\(.+\)\s*$/.test(value)) return true;
  const found = staticCalls(`{{ ${value} }}`);
  if (!found) return false;
  calls.push(...found);
  return true;
}

function splitName(name: string): [string | null, string] {
  const dot = name.indexOf('.');
  return dot === -1 ? [null, name] : [name.slice(0, dot), name.slice(dot + 1)];
}

function takeText(args: Plain, key: string): string | undefined {
  const value = args[key];
  delete args[key];
  return typeof value === 'string' ? value : undefined;
}

function tagsOf(config: Plain): string[] {
  const { tags } = config;
  if (typeof tags === 'string') return [tags];
  return Array.isArray(tags) ? tags.map(String) : [];
}

/** `{{ config(severity="warn") }}`, as dbt writes it into the test's code. */
function configCall(config: Plain): string {
  const entries = Object.entries(config).map(
    ([key, value]) =>
      `${key}=${typeof value === 'string' ? `"${value.replaceAll('"', '\\"')}"` : pythonRepr(value)}`,
  );
  return entries.length === 0 ? '' : `{{ config(${entries.join(',')}) }}`;
}
