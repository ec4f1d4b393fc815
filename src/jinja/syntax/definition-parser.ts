/** Blocks that define something callable: Jinja's `macro` and dbt's `test`, `materialization`, `snapshot`, `docs`. */
import type { DefinitionKind, Expression, MacroNode, ParameterNode } from './nodes.ts';
import type { Parser } from './parser.ts';

/** The tags that dbt adds to Jinja. */
export const definitionTags: ReadonlySet<string> = new Set([
  'test',
  'data_test',
  'materialization',
  'snapshot',
  'docs',
]);

/** `{% macro name(…) %}`; `dbt` says that its name in the file is dbt's, out of the way of the project's. */
export function parseMacro(parser: Parser, at: number, dbt: boolean): MacroNode {
  parser.stream.next();
  const name = parser.expressions.parseTargetName();
  const parameters = parser.parseParameters();
  const head = { name, macroName: dbt ? `dbt_macro__${name}` : name, parameters };
  return finish(parser, at, 'macro', head, ['endmacro']);
}

/** One of dbt's own blocks. */
export function parseDefinition(parser: Parser, tag: string, at: number): MacroNode {
  const { stream, expressions } = parser;
  stream.next();
  const name = expressions.parseTargetName();
  switch (tag) {
    case 'test':
    case 'data_test': {
      const parameters = parser.parseParameters();
      return finish(parser, at, 'test', { name, macroName: `dbt_macro__test_${name}`, parameters }, [
        'endtest',
        'enddata_test',
      ]);
    }
    case 'materialization':
      return parseMaterialization(parser, at, name);
    case 'snapshot':
      return finish(parser, at, 'snapshot', { name, macroName: `dbt_snapshot__${name}`, parameters: [] }, [
        'endsnapshot',
      ]);
    default:
      return finish(parser, at, 'docs', { name, macroName: `dbt_docs__${name}`, parameters: [] }, [
        'enddocs',
      ]);
  }
}

interface Head {
  readonly name: string;
  readonly macroName: string;
  readonly parameters: readonly ParameterNode[];
  readonly adapter?: string;
  readonly supportedLanguages?: readonly string[];
}

function parseMaterialization(parser: Parser, at: number, name: string): MacroNode {
  const { stream, expressions } = parser;
  let adapter = 'default';
  let supportedLanguages: readonly string[] = ['sql'];
  while (stream.skipIf(',')) {
    const begin = stream.current.begin;
    const option = expressions.parseTargetName();
    if (option === 'default') continue;
    if (option === 'adapter') {
      stream.expect('=');
      const value = expressions.parse();
      if (value.kind !== 'constant' || typeof value.value !== 'string') {
        throw stream.error('the adapter of a materialization is a string, like adapter="duckdb"', value.at);
      }
      adapter = value.value;
    } else if (option === 'supported_languages') {
      stream.expect('=');
      supportedLanguages = languagesOf(parser, expressions.parse());
    } else {
      throw stream.error(
        `materialization '${name}' has an unknown argument '${option}'`,
        begin,
        "Its arguments are default, adapter='…' and supported_languages=['sql'].",
      );
    }
  }
  const macroName = `dbt_macro__materialization_${name}_${adapter}`;
  const head = { name, macroName, adapter, supportedLanguages, parameters: [] };
  return finish(parser, at, 'materialization', head, ['endmaterialization']);
}

function languagesOf(parser: Parser, value: Expression): readonly string[] {
  const items = value.kind === 'list' || value.kind === 'tuple' ? value.items : [value];
  return items.map((item) => {
    if (item.kind === 'constant' && typeof item.value === 'string') return item.value;
    throw parser.stream.error("supported_languages is a list of strings, like ['sql', 'python']", item.at);
  });
}

function finish(
  parser: Parser,
  at: number,
  defines: DefinitionKind,
  head: Head,
  ends: readonly string[],
): MacroNode {
  const { stream } = parser;
  const bodyBegin = (stream.is(':') ? stream.look() : stream.current).end;
  const body = parser.parseBody(ends);
  const bodyEnd = stream.previous.begin;
  stream.next();
  return {
    kind: 'macro',
    at,
    end: stream.current.end,
    defines,
    name: head.name,
    macroName: head.macroName,
    adapter: head.adapter,
    supportedLanguages: head.supportedLanguages,
    parameters: head.parameters,
    body,
    bodyBegin,
    bodyEnd,
  };
}
