import {
  bindArguments,
  Callable,
  type CallInfo,
  hostFunction,
  type Kwargs,
  str,
  type Value,
} from '../../jinja/index.ts';
import { compilerErrors } from '../errors.ts';
import { fromPlain } from '../plain-values.ts';
import { optionalText, record, requiredText } from './arguments.ts';
import { HostModule } from './host-module.ts';
import type { ContextInput } from './input.ts';

/** `ref`, with the project's settings under `ref.config`, where packages look for them. */
export class RefFunction extends Callable {
  override readonly typeName = 'RuntimeRefResolver';
  readonly name = 'ref';
  readonly #input: ContextInput;

  constructor(input: ContextInput) {
    super();
    this.#input = input;
  }

  override str(): string {
    return '<ref>';
  }

  override call(args: readonly Value[], kwargs: Kwargs, call: CallInfo): Value {
    return reference(this.#input, args, kwargs, call);
  }

  override getAttr(name: string): Value | undefined {
    return name === 'config' ? runtimeConfig(this.#input) : undefined;
  }
}

/** dbt's settings of a run, as far as templates have a use for them. */
function runtimeConfig({ project, target, invocation }: ContextInput): HostModule {
  const about = ({ name, root, version }: ContextInput['project']['packages'][number]): HostModule =>
    new HostModule('Project', name, { project_name: name, project_root: root, version });
  return new HostModule('RuntimeConfig', project.name, {
    project_name: project.name,
    project_root: project.root,
    version: project.version,
    profile_name: target.profileName,
    target_name: target.name,
    threads: target.threads,
    vars: new HostModule('VarProvider', 'vars', {
      vars: fromPlain(project.vars),
      to_dict: hostFunction('to_dict', () => fromPlain(project.vars)),
    }),
    cli_vars: fromPlain(project.cliVars),
    args: fromPlain(invocation.args),
    dependencies: record(Object.fromEntries(project.packages.map((pkg) => [pkg.name, about(pkg)]))),
  });
}

function reference(input: ContextInput, args: readonly Value[], kwargs: Kwargs, call: CallInfo): Value {
  const names = args.map((arg) => optionalText('ref', arg));
  const [first, second] = names;
  if (names.length === 0 || names.length > 2 || first === null || first === undefined || second === null) {
    throw compilerErrors['bad-ref'](
      {
        problem: `ref() takes a model's name, or a package's and a model's; it got ${args.length} arguments`,
      },
      { location: call.location },
    );
  }
  const version = kwargs.get('version') ?? kwargs.get('v') ?? null;
  return input.names.ref({
    name: second ?? first,
    packageName: second === undefined ? undefined : first,
    version: version === null ? undefined : typeof version === 'number' ? version : str(version),
  });
}

/** `source(…)`. */
export function sourceReference(input: ContextInput, args: readonly Value[], kwargs: Kwargs): Value {
  const { values } = bindArguments('source', ['source_name', 'table_name'], args, kwargs);
  return input.names.source(requiredText('source_name', values[0]), requiredText('table_name', values[1]));
}

/** `metric(…)` or `function(…)`: refused by name unless the compiler answers. */
export function otherReference(input: ContextInput, kind: 'metric' | 'function'): Value {
  return hostFunction(kind, (args, _kwargs, call) => {
    const names = args.map((arg) => requiredText('name', arg));
    const answer = input.names[kind]?.(names.at(-1) ?? '', names.length > 1 ? names[0] : undefined);
    if (answer !== undefined) return answer;
    throw compilerErrors['bad-ref'](
      { problem: `${kind}('${names.join("', '")}'): ${kind}s aren't run here` },
      { location: call.location },
    );
  });
}
