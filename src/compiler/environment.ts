/** Everything about a project and its invocation that templates may see, ready to make scopes from. */
import { didYouMean } from '../base/index.ts';
import { parseTemplate, type Value } from '../jinja/index.ts';
import { type Project, varsFor } from '../project/index.ts';
import type { Engine } from './compilation.ts';
import {
  buildContext,
  type ConfigAccess,
  type ContextInput,
  type ContextKind,
  type NameResolver,
  type Relation,
} from './context/index.ts';
import { compilerErrors } from './errors.ts';
import type { CompileWarning, Invocation } from './invocation.ts';
import type { MacroEntry, MacroRegistry } from './macro-registry.ts';
import type { Manifest, Plain } from './manifest.ts';
import { fromPlain } from './plain-values.ts';
import { RenderScope } from './render-scope.ts';

/** What one render is about. */
export interface ScopeRequest {
  readonly kind: ContextKind;
  readonly packageName: string;
  readonly model?: Plain | undefined;
  readonly self?: Relation | undefined;
  readonly config?: ConfigAccess | undefined;
  /** How `ref`, `source` and `doc` are answered. The rest of the names is answered here. */
  readonly names: Pick<NameResolver, 'ref' | 'source' | 'doc'> & Partial<NameResolver>;
  readonly engine?: Engine | undefined;
  readonly manifest?: Manifest | undefined;
  readonly extra?: ReadonlyMap<string, Value> | undefined;
  readonly onMacroCall?: (entry: MacroEntry) => void;
  readonly macroOverrides?: ReadonlyMap<string, Value>;
  readonly files?: ContextInput['files'];
}

/** Makes the scopes of one project and invocation. */
export class Environment {
  readonly project: Project;
  readonly invocation: Invocation;
  readonly registry: MacroRegistry;
  /** Environment variables that templates read, with what they saw: the parse cache depends on them. */
  readonly envRead: Map<string, string> = new Map();
  /** Whether parsing looked at what differs between invocations: the clock and ids, or the command's flags. */
  readonly seen: { clock: boolean; flags: boolean } = { clock: false, flags: false };
  /**
   * By package, the macros that its models call and that can't matter to a parse. A package isn't here when
   * each of its models had to be rendered.
   */
  readonly quietMacros: Map<string, Set<string>> = new Map();
  /** What people were told of while parsing. */
  readonly told: CompileWarning[] = [];
  readonly #vars = new Map<string, Plain>();
  readonly #facts: Pick<ContextInput, 'invocation' | 'project' | 'target' | 'messages'>;

  constructor(project: Project, invocation: Invocation, registry: MacroRegistry) {
    this.project = project;
    this.invocation = invocation;
    this.registry = registry;
    this.#facts = {
      invocation: {
        id: invocation.id,
        startedAt: invocation.startedAt,
        command: invocation.command,
        args: invocation.args,
        fullRefresh: invocation.fullRefresh,
        flags: invocation.flags,
        env: invocation.env,
      },
      project: {
        name: project.name,
        root: project.root,
        version: project.config.version,
        packages: project.packages.map(({ name, root, config }) => ({ name, root, version: config.version })),
        vars: project.config.vars,
        cliVars: invocation.vars,
        dispatchOrder: (namespace) => registry.dispatchOrder(namespace),
      },
      target: targetFacts(project),
      messages: {
        log: (text, info) => invocation.say?.(text, info ? 'info' : 'log'),
        print: (text) => invocation.say?.(text, 'print'),
        warn: (text, code) => invocation.say?.(text, 'warn', code),
      },
    };
  }

  /** The variables of a package, `--vars` included. */
  varsOf(packageName: string): Plain {
    let vars = this.#vars.get(packageName);
    if (!vars) {
      vars = { ...varsFor(this.project, packageName), ...this.invocation.vars };
      this.#vars.set(packageName, vars);
    }
    return vars;
  }

  /** The scope of one render. */
  scope(request: ScopeRequest): RenderScope {
    const { packageName, extra } = request;
    const isRunning = request.kind === 'execute' || request.kind === 'operation';
    const scope = new RenderScope({
      registry: this.registry,
      packageName,
      extra,
      undefinedMode: isRunning ? 'strict' : 'lenient',
      onMacroCall: request.onMacroCall,
      macroOverrides: request.macroOverrides,
      onContextRead: isRunning ? undefined : (name) => this.#noticeRead(name),
    });
    scope.setContext(
      buildContext({
        ...this.#facts,
        kind: request.kind,
        packageName,
        model: request.model,
        self: request.self,
        manifest: request.manifest,
        names: {
          variable: (name) => request.names.overriddenVariable?.(name) ?? this.variable(name, packageName),
          readEnvironment: (name, value) => this.envRead.set(name, value),
          render: (text) => {
            const template = parseTemplate(text, {
              file: String(request.model?.['original_file_path'] ?? 'render()'),
            });
            return isRunning
              ? template.render(scope, { undefined: 'strict' })
              : template.renderSync(scope, { undefined: 'lenient' });
          },
          ...request.names,
        },
        macros: { find: (name, inPackage) => scope.find(name, inPackage) },
        config: request.config,
        session: request.engine?.session,
        warehouse: request.engine?.warehouse,
        selectedResources: this.invocation.selectedResources ?? [],
        ...(extra === undefined ? {} : { extra }),
        ...(request.files === undefined ? {} : { files: request.files }),
      }),
    );
    return scope;
  }

  #noticeRead(name: string): void {
    switch (name) {
      case 'run_started_at':
      case 'invocation_id':
      case 'thread_id':
      case 'dbt_metadata_envs':
        this.seen.clock = true;
        break;
      case 'flags':
      case 'invocation_args_dict':
      case 'selected_resources':
        this.seen.flags = true;
        break;
      case 'modules':
        this.seen.clock ||= this.#asksTheTime();
        break;
      default:
        break;
    }
  }

  /** Whether any template of the project asks Python's datetime for the time. */
  #asksTheTime(): boolean {
    const asks = /\b(now|utcnow|today)\s*\(/;
    return this.project.packages.some(({ files }) =>
      [
        files.models,
        files.macros,
        files.genericTests,
        files.singularTests,
        files.snapshots,
        files.analyses,
        files.properties,
      ].some((list) => list.some((file) => file.text.includes('modules') && asks.test(file.text))),
    );
  }

  /** A variable as a template of `packageName` sees it; undefined when nobody sets it. */
  variable(name: string, packageName: string): Value | undefined {
    const vars = this.varsOf(packageName);
    return Object.hasOwn(vars, name) ? fromPlain(vars[name]) : undefined;
  }

  /** How names are answered in property files: nothing there may refer to a relation. */
  yamlNames(doc: NameResolver['doc']): Pick<NameResolver, 'ref' | 'source' | 'doc'> {
    const refuse = (what: string) => (): never => {
      throw compilerErrors['bad-ref']({ problem: `${what}() can't be called in a property file here` });
    };
    return { ref: refuse('ref'), source: refuse('source'), doc };
  }

  /** `macro-not-found` for a dispatch or call by name, with the nearest name. */
  missingMacro(name: string, packageName: string | null): Error {
    return compilerErrors['macro-not-found'](
      { name, package: packageName },
      { hint: didYouMean(name, this.registry.names(this.project.name)) },
    );
  }
}

function targetFacts(project: Project): ContextInput['target'] {
  const { profile } = project;
  return {
    profileName: profile.profileName,
    name: profile.targetName,
    type: profile.type,
    schema: profile.schema,
    database: profile.database,
    threads: profile.threads,
    externalRoot: profile.externalRoot,
    extra: profile.targetDict,
    disableTransactions: profile.disableTransactions,
    isDucklake: profile.isDucklake,
  };
}
