import { describe, expect, it } from 'vitest';
import { BoathouseError } from '../base/index.ts';
import {
  type Callable,
  hostCall,
  hostFunction,
  mapScope,
  noKwargs,
  parseTemplate,
  returnFunction,
  type Scope,
  str,
  toJs,
  toValue,
  type Value,
} from './index.ts';

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const later = hostFunction('later', async ([value = null]) => {
  await wait(1);
  return value;
});
const fail = hostFunction('fail', async () => {
  throw new Error('plain failure');
});

/** A project: every definition in `texts` bound to one scope, with a few host names. */
function project(
  texts: Readonly<Record<string, string>>,
  names: Readonly<Record<string, Value>> = {},
): Scope {
  const macros = new Map<string, Value>([
    ['return', returnFunction],
    ['later', later],
    ['fail', fail],
    ...Object.entries(names),
  ]);
  const scope: Scope = { lookup: (name) => macros.get(name), names: () => macros.keys() };
  for (const [file, text] of Object.entries(texts)) {
    for (const definition of parseTemplate(text, { file }).definitions) {
      macros.set(definition.macroName, definition.bind(scope));
    }
  }
  return scope;
}
const error = async (work: () => unknown): Promise<BoathouseError> => {
  try {
    await work();
  } catch (caught) {
    if (caught instanceof BoathouseError) return caught;
    throw caught;
  }
  throw new Error('nothing was thrown');
};

describe('return()', () => {
  const macros = `
{% macro in_loop(x) %}{% for i in range(9) %}{% if i == x %}{{ return([i, 'found']) }}{% endif %}text{% endfor %}{% endmacro %}
{% macro outer(x) %}{% set got = in_loop(x) %}{{ return(got + ['outer']) }}{% endmacro %}
{% macro wrap() %}{{ return(caller()) }}{% endmacro %}
{% macro in_call() %}{% set r %}{% call wrap() %}{{ return('from the block') }}{% endcall %}{% endset %}[{{ r }}]{% endmacro %}
{% macro waits(x) %}{% set y = later(x) %}{% do return({'y': y}) %}{% endmacro %}
{% macro nothing() %}{{ return() }}{% endmacro %}
`;
  const scope = project({ 'm.sql': macros });
  const call = (name: string, ...args: Value[]) =>
    (scope.lookup(name) as Callable).call(args, noKwargs, hostCall());

  it('ends the macro it is in and yields any value', () => {
    expect(toJs(call('in_loop', 3) as Value)).toEqual([3, 'found']);
    expect(toJs(call('outer', 2) as Value)).toEqual([2, 'found', 'outer']);
    expect(call('nothing')).toBe(null);
  });

  it('is caught by the macro that called the block', () => {
    expect(str(call('in_call') as Value)).toBe('[from the block]');
  });

  it('works after waiting', async () => {
    const promised = call('waits', 5);
    expect(promised).toBeInstanceOf(Promise);
    expect(toJs(await promised)).toEqual({ y: 5 });
  });

  it('is an error outside of macros', async () => {
    expect(
      (await error(() => parseTemplate('a {{ return(1) }}', { file: 'x' }).renderSync(scope))).code,
    ).toBe('jinja.stray-return');
  });
});

describe('macros of a project', () => {
  it('are found by the scope, never by their file', () => {
    const scope = project({ 'a.sql': '{% macro helper() %}project{% endmacro %}' });
    const model = parseTemplate(
      '{% macro helper() %}file{% endmacro %}{{ helper() }} {{ dbt_macro__helper() }}',
      { file: 'm' },
    );
    expect(model.renderSync(scope)).toBe('project file');
  });

  it('answer at once unless something inside waits', () => {
    const scope = project({
      'a.sql':
        '{% macro quick(a) %}{{ a }}{% endmacro %}{% macro slow(a) %}{{ quick(later(a)) }}{% endmacro %}',
    });
    const call = (name: string) => (scope.lookup(name) as Callable).call(['v'], noKwargs, hostCall());
    expect(call('quick')).toBe('v');
    expect(call('slow')).toBeInstanceOf(Promise);
  });

  it('wait wherever an expression may', async () => {
    const text = `{% set a, b = later((1, 2)) %}{{ a }}{{ b }}
{%- for x in later([1, 2, 3]) if later(x) != 2 %} {{ later(x) }}{% if later(loop.last) %}!{% endif %}{% endfor %}
{%- for x in [[1], []] recursive %}({{ loop(later(x)) if x is not number else later(x) }}){% endfor %}
{%- call(x) w(later('p')) %}{{ later(x) }}{% endcall %}{{ later(1) if later(true) else fail() }}{{ (later(0) or later(7)) ~ later('t') }}
{%- set s %}{{ later('blk') }}{% endset %}{{ s | upper }}{% with z = later(9) %}{{ z }}{% endwith %}{{ {'k': later([later(1)])}['k'][later(0)] }}{{ 1 < later(2) < later(3) }}`;
    const scope = project({
      'a.sql': "{% macro w(p, q=later('d')) %}<{{ p }}{{ q }}{{ caller(later('c')) }}>{% endmacro %}",
    });
    expect(await parseTemplate(text, { file: 't' }).render(scope)).toBe('12 1 3!((1))()<pdc>17tBLK91True');
  });
});

describe('errors', () => {
  it.each([
    ['a\n{{ x. }}', 2, 7, 'expected name or number'],
    ['a\n\n  {% if x %}\n', 3, 13, 'Unexpected end of template'],
    ['{{ ok }}\n{{ "x }}', 2, 4, 'no end'],
    ['{% if a %}{% for x in y %}{% endif %}', 1, 30, 'nesting mistake'],
    ['{{ a|uper }}', 1, 6, "No filter named 'uper'"],
  ])('point at the place in %j', async (text, line, column, part) => {
    const caught = await error(() => parseTemplate(text, { file: 'models/m.sql' }));
    expect(caught.message).toContain(part);
    expect(caught.location).toMatchObject({ file: 'models/m.sql', line, column });
    expect(caught.code).toBe('jinja.syntax');
  });

  it('count from where the text begins in its file', async () => {
    const caught = await error(() => parseTemplate('{{ x + }}', { file: 'p.yml', line: 12, column: 9 }));
    expect(caught.location).toMatchObject({ file: 'p.yml', line: 12, column: 16 });
  });

  it('show the macro, its line and everything that led there', async () => {
    const scope = project({
      'macros/a.sql': '\n{% macro a() %}\n  {{ b(1) }}\n{% endmacro %}',
      'macros/b.sql': '{% macro b(x) %}\n\n{{ x.nope.nope }}{% endmacro %}',
    });
    const model = parseTemplate('select\n{{ a() }}', { file: 'models/m.sql' });
    for (const work of [() => model.renderSync(scope), () => model.render(scope)]) {
      const caught = await error(work);
      expect(caught.message).toBe("'int object' has no attribute 'nope'");
      expect(caught.location).toMatchObject({ file: 'macros/b.sql', line: 3 });
      expect(caught.location?.stack).toEqual([
        'macro b (macros/b.sql:3)',
        'macro a (macros/a.sql:3)',
        'models/m.sql:2',
      ]);
    }
  });

  it('suggest the nearest name for an unknown macro', async () => {
    const scope = project({ 'm.sql': '{% macro cents_to_euros() %}{% endmacro %}' });
    const caught = await error(() => parseTemplate('{{ cents_to_euro() }}', { file: 'x' }).renderSync(scope));
    expect(caught.message).toBe("'cents_to_euro' is undefined");
    expect(caught.hint).toBe("Did you mean 'cents_to_euros'?");
  });

  it('of renders at the same time keep their own stacks', async () => {
    const scope = project({
      'm.sql':
        '{% macro a(n) %}{{ later(1) }}{{ b(n) }}{% endmacro %}{% macro b(n) %}{{ later(2) }}{{ later(n).x.y }}{% endmacro %}',
    });
    const caught = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        error(() => parseTemplate(`${'\n'.repeat(i)}{{ a(${i}) }}`, { file: `f${i}` }).render(scope)),
      ),
    );
    caught.forEach((one, i) => {
      expect(one.location?.stack).toEqual(['macro b (m.sql:1)', 'macro a (m.sql:1)', `f${i}:${i + 1}`]);
    });
  });

  it('that are not ours pass unchanged', async () => {
    await expect(parseTemplate('{{ fail() }}', { file: 'x' }).render(project({}))).rejects.toThrow(
      'plain failure',
    );
  });
});

describe('undefined values', () => {
  const render = (text: string, undefinedMode: 'lenient' | 'strict') =>
    parseTemplate(text, { file: 't' }).renderSync(mapScope({}), { undefined: undefinedMode });

  it('let everything through while parsing', () => {
    expect(
      render(
        '[{{ a }}{{ a.b.c }}{{ a["x"](1).y() }}{% for x in a.b %}{% endfor %}{{ a() | default("d") }}]',
        'lenient',
      ),
    ).toBe('[d]');
  });

  it.each(['{{ a.b }}', '{{ a["b"] }}', '{{ a() }}', '{{ a.b() }}', '{{ a + 1 }}'])(
    'stop a render at %s',
    (text) => {
      expect(() => render(text, 'strict')).toThrowError(expect.objectContaining({ code: 'jinja.undefined' }));
    },
  );
});

describe('definitions', () => {
  const text = `{% macro a(x, y = [1, "b"], z: str = none) %}A{{ x }}{% endmacro %}
{%- test positive(model, column_name) -%} T {%- endtest -%}
{% data_test other(model) %}O{% enddata_test %}
{% materialization lake, adapter = 'duckdb', supported_languages = ['sql', 'python'] %}M{% endmaterialization %}
{% materialization plain, default %}P{% endmaterialization %}
{% snapshot snap %}{{ config(x=1) }} select {{ 1 + 1 }}{% endsnapshot %}
{% docs about %}Some *text*{% enddocs %}`;
  const definitions = parseTemplate(text, { file: 'd.sql' }).definitions;

  it('have dbt names, parameters and places', () => {
    expect(definitions.map((d) => [d.kind, d.name, d.macroName, d.location.line])).toEqual([
      ['macro', 'a', 'a', 1],
      ['test', 'positive', 'test_positive', 2],
      ['test', 'other', 'test_other', 3],
      ['materialization', 'lake', 'materialization_lake_duckdb', 4],
      ['materialization', 'plain', 'materialization_plain_default', 5],
      ['snapshot', 'snap', 'snap', 6],
      ['docs', 'about', 'about', 7],
    ]);
    expect(definitions[0]?.parameters).toEqual([
      { name: 'x' },
      { name: 'y', defaultSource: '[1, "b"]' },
      { name: 'z', type: 'str', defaultSource: 'none' },
    ]);
    expect(definitions[3]).toMatchObject({ adapter: 'duckdb', supportedLanguages: ['sql', 'python'] });
  });

  it('keep their text', () => {
    expect(definitions[0]?.source).toBe(
      '{% macro a(x, y = [1, "b"], z: str = none) %}A{{ x }}{% endmacro %}',
    );
    expect(definitions[1]?.source).toBe('{%- test positive(model, column_name) -%} T {%- endtest -%}');
    expect(definitions[6]?.body).toBe('Some *text*');
  });

  it('take the white space around them that their tags take', () => {
    const text =
      '\n\n{%- macro a() -%} A {%- endmacro -%}\n\n{%- macro b() %} B {% endmacro %}\n\n{%- macro c() %}{% endmacro -%}\n';
    expect(parseTemplate(text, { file: 'x.sql' }).definitions.map((made) => made.sourceWithSpace)).toEqual([
      '{%- macro a() -%} A {%- endmacro -%}\n\n',
      '{%- macro b() %} B {% endmacro %}',
      '\n\n{%- macro c() %}{% endmacro -%}',
    ]);
  });

  it('of a snapshot render their body like a model', () => {
    const scope = mapScope({ config: hostFunction('config', () => '') });
    expect(definitions[5]?.bodyTemplate().renderSync(scope)).toBe(' select 2');
  });

  it.each([
    ["{% materialization x, adaptor='duckdb' %}{% endmaterialization %}", "unknown argument 'adaptor'"],
    ['{% test x %}{% endtest %}', "expected token '('"],
    ['{% docs %}{% enddocs %}', "expected token 'name'"],
    ['{% snapshot a %}', "looking for the following tags: 'endsnapshot'"],
  ])('are refused when malformed: %s', (bad, part) => {
    expect(() => parseTemplate(bad, { file: 'x' })).toThrow(part);
  });
});

describe('facts', () => {
  it('list calls, with arguments where all are literal', () => {
    const { facts } = parseTemplate(
      "{{ config(materialized='table', tags=['a', 'b'], n=-1) }}{{ ref('x') }}{{ ref('p', 'y', v=2) }}{{ source(name, 't') }}{{ pkg.m(ref('z')) }}{% if x.y.z() %}{% endif %}",
      { file: 'm' },
    );
    expect(facts.calls.map((c) => [c.name, c.literalArgs, c.literalKwargs])).toEqual([
      ['config', [], { materialized: 'table', tags: ['a', 'b'], n: -1 }],
      ['ref', ['x'], {}],
      ['ref', ['p', 'y'], { v: 2 }],
      ['source', undefined, undefined],
      ['pkg.m', undefined, undefined],
      ['ref', ['z'], {}],
      ['x.y.z', [], {}],
    ]);
    expect(facts.names.has('name')).toBe(true);
    expect(facts.isStatic).toBe(false);
    expect(parseTemplate('plain', { file: 'm' }).facts.isStatic).toBe(true);
  });
});

describe('native rendering', () => {
  const scope = mapScope({
    one: 1,
    items: [1, 'a'],
    text: 'x',
    yes: 'True',
    n: '12',
    nothing: null,
    d: toValue({ a: 1 }),
  });
  it.each([
    ['plain', 'plain'],
    ['', ''],
    ['{{ one }}', 1],
    ['{{ 1 + 1 }}', '2'],
    ['{{ true }}', 'True'],
    ['{{ (1 + 1) | as_number }}', 2],
    ['{{ n | as_number }}', 12],
    ['{{ n }}', '12'],
    ['{{ n | as_text }}', '12'],
    ['{{ yes | as_bool }}', true],
    ['{{ \'[1, "b"]\' | as_native }}', [1, 'b']],
    ['{{ text | as_native }}', 'x'],
    ['{{ items }}', [1, 'a']],
    ['{{ nothing }}', null],
    ['{{ d }}', { a: 1 }],
    ['a{{ one }}', 'a1'],
    ['{{ one }}{{ one }}', '11'],
    ['{% if one %}{{ one }}{% endif %}', 1],
    ['{{ missing }}', ''],
  ])('of %j gives %j', (text, expected) => {
    expect(toJs(parseTemplate(text, { file: 'y.yml' }).renderNative(scope))).toEqual(expected);
  });

  it.each(['{{ text | as_bool }}', '{{ text | as_number }}', '{{ yes | as_number }}'])(
    'refuses %s',
    (text) => {
      expect(() => parseTemplate(text, { file: 'y.yml' }).renderNative(scope)).toThrow('Could not convert');
    },
  );
});
