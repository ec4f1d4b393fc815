import { afterEach, describe, expect, it } from 'vitest';
import type { BoathouseError } from '../base/index.ts';
import { noKwargs } from '../jinja/index.ts';
import type { Compilation } from './compilation.ts';
import { type ScratchOptions, ScratchProject } from './scratch-project.ts';

let project: ScratchProject | undefined;

afterEach(() => {
  project?.remove();
  project = undefined;
});

async function parse(files: Record<string, string>, options?: ScratchOptions): Promise<Compilation> {
  project = new ScratchProject(files);
  return project.parse(options);
}

async function codeOf(compilation: Compilation, name: string): Promise<string> {
  return (await compilation.compileNode(`model.shop.${name}`, undefined)).code;
}

const files = {
  'models/a.sql': 'select 1 as id',
  'models/e1.sql': "{{ config(materialized='ephemeral') }}select * from {{ ref('a') }}",
  'models/e2.sql': "{{ config(materialized='ephemeral') }}select * from {{ ref('e1') }}",
};

describe('compileNode', () => {
  it('names relations as the project quotes them', async () => {
    const compilation = await parse({
      'dbt_project.yml': 'name: shop\nversion: "1.0"\nprofile: shop\nquoting: {schema: false}',
      ...files,
      'models/m.sql': "select '{{ this }}' from {{ ref('a') }}",
    });
    expect(await codeOf(compilation, 'm')).toBe(`select '"lake".main."m"' from "lake".main."a"`);
  });

  it('renders the text of another model where a macro asks for it', async () => {
    const compilation = await parse({
      ...files,
      'macros/code.sql':
        '{% macro code_of(id) %}{% if execute %}{{ return(render(graph.nodes[id].raw_code)) }}{% endif %}{% endmacro %}',
      'models/m.sql': "{{ code_of('model.shop.e1') }} -- {{ ref('e1') }}{{ ref('a') }}",
    });
    expect(await codeOf(compilation, 'm')).toContain('select * from "lake"."main"."a" -- ');
  });

  it('puts each ephemeral parent in front once, what it needs before it', async () => {
    const compilation = await parse({
      ...files,
      'models/m.sql':
        "select * from {{ ref('e2') }} join {{ ref('e1') }} using (id) join {{ ref('e2') }} using (id)",
    });
    const code = await codeOf(compilation, 'm');
    expect(code.split('__dbt__cte__e1 as (')).toHaveLength(2);
    expect(code.indexOf('__dbt__cte__e1 as (')).toBeLessThan(code.indexOf('__dbt__cte__e2 as ('));
    expect(
      code.endsWith(
        'select * from __dbt__cte__e2 join __dbt__cte__e1 using (id) join __dbt__cte__e2 using (id)',
      ),
    ).toBe(true);
    const node = compilation.manifest.nodes['model.shop.m'];
    expect(node?.extra_ctes?.map((cte) => cte.id)).toEqual(['model.shop.e1', 'model.shop.e2']);
  });

  it('compiles tests with where, and with arguments that are refs', async () => {
    const compilation = await parse({
      ...files,
      'tests/generic/t.sql':
        '{% test fits(model, column_name, to) %}{{ model }} {{ column_name }} {{ to }}{% endtest %}',
      'models/s.yml': `models:
  - name: a
    columns:
      - name: id
        data_tests: [{fits: {arguments: {to: "ref('a')"}, config: {where: "id > 1"}}}]`,
    });
    const id = compilation.graph.order.find((one) => one.startsWith('test.')) as string;
    const { code } = await compilation.compileNode(id, undefined);
    expect(code.trim()).toMatch(
      /^\(select \* from "lake"\."main"\."a" where id > 1\) dbt_subquery id "lake"\."main"\."a"$/,
    );
  });

  it('renders variables that are Jinja where they are asked for', async () => {
    const compilation = await parse({
      'dbt_project.yml':
        'name: shop\nversion: "1.0"\nprofile: shop\nvars: {size: "{{ 5 if target.type == \'other\' else var(\'base\') ~ 0 }}", base: 7, circle: "{{ var(\'circle\') }}"}',
      'macros/m.sql': "{% macro rows(n=var('size') | int) %}{{ n * 2 }}{% endmacro %}",
      'models/m.sql': "{{ config(alias='of_' ~ var('size')) }}select {{ rows() }}",
      'models/bad.sql': "{% if execute %}select {{ var('circle') }}{% endif %}",
    });
    expect(compilation.manifest.nodes['model.shop.m']?.alias).toBe('of_70');
    expect(await codeOf(compilation, 'm')).toBe('select 140');
    await expect(codeOf(compilation, 'bad')).rejects.toThrow(/needs the variable itself/);
  });

  it('prints relations without rows when asked for an empty run', async () => {
    const compilation = await parse(
      { ...files, 'models/m.sql': "select * from {{ ref('a') }}" },
      { empty: true },
    );
    expect(await codeOf(compilation, 'm')).toContain('where false limit 0');
  });

  it('says which dependency parsing could not see', async () => {
    const compilation = await parse({
      ...files,
      'models/m.sql': "{% if execute %}{{ ref('a') }}{% endif %}",
    });
    const error = (await codeOf(compilation, 'm').catch((e: unknown) => e)) as BoathouseError;
    expect(error.code).toBe('compiler.undeclared-dependency');
    expect(error.hint).toContain("-- depends_on: {{ ref('a') }}");
    expect(error.location?.file.endsWith('models/m.sql')).toBe(true);
  });

  it('may read a source that parsing could not see', async () => {
    const compilation = await parse({
      ...files,
      'models/m.sql': "{% if execute %}select * from {{ source('raw', 'orders') }}{% endif %}",
      'models/s.yml': 'sources: [{name: raw, tables: [{name: orders}]}]',
    });
    expect(await codeOf(compilation, 'm')).toBe('select * from "lake"."raw"."orders"');
  });

  it('tells file, line and calls of a mistake inside of a macro', async () => {
    const compilation = await parse({
      'macros/m.sql':
        '{% macro inner() %}\n{{ nothing.at_all }}\n{% endmacro %}{% macro outer() %}{{ inner() }}{% endmacro %}',
      'models/m.sql': 'select\n{{ outer() }}',
    });
    const error = (await codeOf(compilation, 'm').catch((e: unknown) => e)) as BoathouseError;
    expect(error.code).toBe('jinja.undefined');
    expect(error.location?.line).toBe(2);
    expect(error.location?.stack?.join('\n')).toMatch(/inner.*outer.*models\/m\.sql:2/s);
  });
});

describe('macros', () => {
  const withPackage = {
    'packages.yml': 'packages: [{local: pkg}]',
    'pkg/dbt_project.yml': 'name: pk\nversion: "1.0"\nvars: {depth: 1}',
    'pkg/macros/m.sql': `{% macro who() %}pk{% endmacro %}{% macro same() %}{{ return(adapter.dispatch('same', 'pk')()) }}{% endmacro %}
{% macro default__same() %}pk default{% endmacro %}`,
    'pkg/models/p.sql': "{{ config(materialized='view') }}select '{{ who() }}' as w, {{ var('depth') }} as d",
    'macros/m.sql': '{% macro who() %}root{% endmacro %}{% macro duckdb__same() %}root duckdb{% endmacro %}',
    'models/m.sql': "select '{{ who() }}', '{{ pk.who() }}', '{{ pk.same() }}'",
  };
  const settings = (more: string): string => `name: shop\nversion: "1.0"\nprofile: shop\n${more}`;

  it('are found in the own package, then the root project; others by their package', async () => {
    const compilation = await parse(withPackage);
    expect(await codeOf(compilation, 'm')).toBe("select 'root', 'pk', 'root duckdb'");
    const { code } = await compilation.compileNode('model.pk.p', undefined);
    expect(code).toBe("select 'pk' as w, 1 as d");
  });

  it('are dispatched where the project says', async () => {
    const compilation = await parse({
      ...withPackage,
      'dbt_project.yml': settings('dispatch: [{macro_namespace: pk, search_order: [pk]}]'),
    });
    expect(await codeOf(compilation, 'm')).toBe("select 'root', 'pk', 'pk default'");
  });

  it("take the root project's configuration and variables in packages", async () => {
    const compilation = await parse({
      ...withPackage,
      'dbt_project.yml': settings('models: {pk: {+materialized: table}}\nvars: {pk: {depth: 7}}'),
    });
    const { node, code } = await compilation.compileNode('model.pk.p', undefined);
    expect(node.config.materialized).toBe('table');
    expect(code).toContain('7 as d');
  });

  it('are called by name, with the nearest name when there is none', async () => {
    const compilation = await parse(withPackage);
    expect(await compilation.callMacro('who', [], noKwargs, {})).toBe('root');
    expect(await compilation.callMacro('pk.who', [], noKwargs, {})).toBe('pk');
    const error = (await compilation
      .callMacro('whu', [], noKwargs, {})
      .catch((e: unknown) => e)) as BoathouseError;
    expect([error.code, error.hint]).toEqual(['compiler.macro-not-found', "Did you mean 'who'?"]);
  });

  it('count as ours until the user replaces one, or what it dispatches to', async () => {
    const compilation = await parse({
      'macros/m.sql':
        '{% macro generate_alias_name() %}x{% endmacro %}{% macro duckdb__create_schema(r) %}{% endmacro %}',
    });
    expect(compilation.isBuiltIn('generate_schema_name')).toBe(true);
    expect(compilation.isBuiltIn('generate_alias_name')).toBe(false);
    expect(compilation.isBuiltIn('create_schema')).toBe(false);
  });

  it('hold materializations, DuckDB before the default', async () => {
    const block = (adapter: string): string =>
      `{% materialization mine, ${adapter} %}{{ return({'relations': [this]}) }}{% endmaterialization %}`;
    const compilation = await parse({
      'macros/a.sql': block('default'),
      'macros/b.sql': block("adapter='duckdb'"),
    });
    expect(compilation.findMaterialization('mine')?.uniqueId).toBe('macro.shop.materialization_mine_duckdb');
    expect(compilation.findMaterialization('none_such')).toBeUndefined();
  });

  it('render hooks and inline queries', async () => {
    const compilation = await parse({ ...files, 'models/m.sql': 'select 1' });
    const node = compilation.manifest.nodes['model.shop.m'];
    expect(await compilation.renderIn(node, 'grant on {{ this }}', undefined)).toBe(
      'grant on "lake"."main"."m"',
    );
    expect(await compilation.compileInline("select * from {{ ref('e1') }}", undefined)).toMatch(
      /^with __dbt__cte__e1 as \(/,
    );
  });
});

describe('writing', () => {
  it('puts compiled SQL where dbt puts it', async () => {
    const { writeCompiled } = await import('./artifacts.ts');
    const compilation = await parse({
      ...files,
      'models/s.yml': 'models: [{name: a, columns: [{name: id, data_tests: [not_null]}]}]',
    });
    const folder = (project as ScratchProject).folder;
    const paths: string[] = [];
    for (const id of compilation.graph.order) {
      const { node } = await compilation.compileNode(id, undefined);
      paths.push(await writeCompiled(node, `${folder}/target`, folder));
    }
    expect(paths.sort()).toEqual([
      'target/compiled/shop/models/a.sql',
      'target/compiled/shop/models/e1.sql',
      'target/compiled/shop/models/e2.sql',
      'target/compiled/shop/models/s.yml/not_null_a_id.sql',
    ]);
  });
});
