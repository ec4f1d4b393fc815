/** `boathouse ls`. */
import type { ListedResource } from '../../workflows/index.ts';
import type { CommandSpec } from '../command.ts';
import { cliErrors } from '../errors.ts';
import type { Flags } from '../flags.ts';
import { resourceTypeOptions, selectionOptions } from '../options.ts';

/** The command's description and work. */
export const lsCommand: CommandSpec = {
  name: 'ls',
  alias: 'list',
  summary: 'List what is in the project',
  options: [
    ...selectionOptions,
    ...resourceTypeOptions,
    {
      flags: '--output <format>',
      summary: 'how each resource is printed (default: selector)',
      choices: ['selector', 'name', 'path', 'json'],
    },
    { flags: '--output-keys <key...>', summary: 'which keys of the manifest --output json prints' },
    { flags: '--column-lineage', summary: 'compile the models, and tell what each column is made of' },
  ],
  examples: [
    'boathouse ls --select +daily_revenue',
    'boathouse ls --resource-type model --output json',
    'boathouse ls --select daily_revenue --column-lineage',
  ],
  endsUnread: true,
  load: async () => {
    const [{ ls }, { projectGiven, saysAsDbt, selectionGiven }, { printJsonLine }] = await Promise.all([
      import('../../workflows/index.ts'),
      import('../given.ts'),
      import('../output/json-lines.ts'),
    ]);
    return async (input) => {
      const { flags, terminal } = input;
      const resources = await ls({
        ...projectGiven(input),
        ...selectionGiven(input),
        state: flags.text('state'),
        columnLineage: flags.is('columnLineage'),
        ...onlyModels(flags),
      });
      input.deliver?.('ls', resources);
      const keys = flags
        .texts('outputKeys')
        ?.flatMap((key) => key.split(/[\s,]+/).filter((part) => part !== ''));
      if (flags.is('json') === true) {
        const plain = resources.map((resource) => pick(resource, keys));
        printJsonLine({ kind: 'result', command: 'ls', exitCode: 0, resources: plain }, terminal);
        return 0;
      }
      const lines = resources.map((resource) => line(resource, flags.text('output') ?? 'selector', keys));
      const said = lines.map((text) => ({ text, data: { msg: text } }));
      if (saysAsDbt(input, { code: 'Z052', name: 'PrintEvent' }, said)) return 0;
      if (lines.length > 0) terminal.out(`${lines.join('\n')}\n`);
      else if (flags.is('quiet') !== true) terminal.err('Nothing is selected.\n');
      return 0;
    };
  },
};

/** `ls --models` lists models alone, unlike `--select`: dbt's rule. @throws cli.bad-value */
function onlyModels(flags: Flags): { readonly resourceTypes?: readonly string[] } {
  const models = flags.texts('models') ?? flags.texts('model');
  if (models === undefined) return {};
  for (const [name, option] of [
    ['select', '--select'],
    ['resourceType', '--resource-type'],
    ['resourceTypes', '--resource-types'],
  ] as const) {
    if (flags.texts(name) === undefined) continue;
    throw cliErrors['bad-value'](
      { option: '--models', value: models.join(' '), expected: `given together with ${option}` },
      { hint: 'Leave one of them out.' },
    );
  }
  return { resourceTypes: ['model'] };
}

function line(resource: ListedResource, output: string, keys: readonly string[] | undefined): string {
  const { columnLineage = {} } = resource;
  const shown = lineOf(resource, output, keys);
  if (output === 'json') return shown;
  const columns = Object.entries(columnLineage).map(([column, from]) => {
    const parts = from.map((part) => `${part.unique_id.split('.').slice(1).join('.')}.${part.column}`);
    return `  ${column} <- ${parts.length === 0 ? '(no column)' : parts.join(', ')}`;
  });
  return [shown, ...columns].join('\n');
}

function lineOf(resource: ListedResource, output: string, keys: readonly string[] | undefined): string {
  switch (output) {
    case 'json':
      return JSON.stringify(pick(resource, keys));
    case 'name':
      return resource.name;
    case 'path':
      return resource.path;
    default:
      return resource.selector;
  }
}

/** dbt's own keys, unless others are named. */
const usual = new Set([
  'alias',
  'name',
  'package_name',
  'depends_on',
  'tags',
  'config',
  'resource_type',
  'source_name',
  'original_file_path',
  'unique_id',
  'column_lineage',
]);

function pick(resource: ListedResource, keys: readonly string[] | undefined): Record<string, unknown> {
  if (keys === undefined)
    return Object.fromEntries(Object.entries(resource.node).filter(([key]) => usual.has(key)));
  const picked: Record<string, unknown> = {};
  for (const key of keys) {
    const value = key
      .split('.')
      .reduce<unknown>((at, part) => (at as Record<string, unknown> | undefined)?.[part], resource.node);
    if (value !== undefined) picked[key] = value;
  }
  return picked;
}
