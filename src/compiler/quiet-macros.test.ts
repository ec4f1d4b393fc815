import { afterEach, describe, expect, it } from 'vitest';
import { readProject } from '../project/index.ts';
import { MacroRegistry } from './macro-registry.ts';
import { QuietMacros } from './quiet-macros.ts';
import { ScratchProject } from './scratch-project.ts';

let project: ScratchProject | undefined;

afterEach(() => project?.remove());

async function isQuiet(macros: string, name = 'm'): Promise<boolean> {
  project = new ScratchProject({ 'macros/m.sql': macros });
  const read = await readProject({ projectDir: project.folder, profilesDir: project.folder, env: {} });
  return new QuietMacros(new MacroRegistry(read), 'shop').find(name) !== undefined;
}

describe('QuietMacros', () => {
  it.each([
    ['text and arguments', '{% macro m(c, d=1) %}{{ c }} / {{ d }}{% endmacro %}'],
    [
      'loops and variables',
      '{% macro m(l) %}{% set x = [] %}{% for i in l %}{% do x.append(i) %}{% endfor %}{{ x }}{% endmacro %}',
    ],
    ['calls of quiet macros', '{% macro m() %}{{ n() }}{% endmacro %}{% macro n() %}1{% endmacro %}'],
    ['itself', '{% macro m(n) %}{{ m(n - 1) if n }}{% endmacro %}'],
    ['our type macros, through dispatch', '{% macro m() %}{{ dbt.type_string() }}{% endmacro %}'],
    ['variables that have a default', "{% macro m() %}{{ var('a', 2) }} {{ var('b', 'x') }}{% endmacro %}"],
    ['the target', '{% macro m() %}{{ target.name }}{% endmacro %}'],
  ])('holds macros with %s', async (_, macros) => {
    expect(await isQuiet(macros)).toBe(true);
  });

  it.each([
    ['refer to something', "{% macro m() %}{{ ref('a') }}{% endmacro %}"],
    ['configure', "{% macro m() %}{{ config(tags='a') }}{% endmacro %}"],
    ['need a variable', "{% macro m() %}{{ var('a') }}{% endmacro %}"],
    ['need one, with a default that is none', "{% macro m() %}{{ var('a', none) }}{% endmacro %}"],
    ['ask for a variable that an argument names', '{% macro m(a) %}{{ var(a, 1) }}{% endmacro %}'],
    ['hand var on', "{% macro m() %}{% set v = var %}{{ v('a') }}{{ var('a', 1) }}{% endmacro %}"],
    ['read the environment', "{% macro m() %}{{ env_var('A', '') }}{% endmacro %}"],
    ['stop', "{% macro m() %}{{ exceptions.raise_compiler_error('x') }}{% endmacro %}"],
    [
      'do so through another macro',
      "{% macro m() %}{{ n() }}{% endmacro %}{% macro n() %}{{ ref('a') }}{% endmacro %}",
    ],
    ['keep ref under another name', '{% macro m() %}{% set r = ref %}{{ r(1) }}{% endmacro %}'],
    ['have it in a default', "{% macro m(a=ref('x')) %}{{ a }}{% endmacro %}"],
    ['dispatch to what cannot be told', '{% macro m(n) %}{{ adapter.dispatch(n)() }}{% endmacro %}'],
    ['hand the adapter on', '{% macro m() %}{% set a = adapter %}{{ a.dispatch(1) }}{% endmacro %}'],
    ['hand a package on', '{% macro m(n) %}{{ dbt[n]() }}{% endmacro %}'],
    ['are not there', '{% macro other() %}{% endmacro %}'],
  ])('leaves out macros that %s', async (_, macros) => {
    expect(await isQuiet(macros)).toBe(false);
  });
});
