import { afterEach, describe, expect, it } from 'vitest';
import { ScratchProject } from './scratch-project.ts';

let project: ScratchProject | undefined;

afterEach(() => {
  project?.remove();
  project = undefined;
});

const described = (rest: string): string => `functions:\n  - {name: inc, ${rest}}\n`;

function scratch(yaml: string, files: Record<string, string> = {}): ScratchProject {
  project = new ScratchProject({
    'functions/inc.sql': 'x + 1',
    'functions/f.yml': yaml,
    'models/m.sql': "select {{ function('inc') }}(1) as a",
    ...files,
  });
  return project;
}

describe('a function', () => {
  it('is what models depend on that call it', async () => {
    const { manifest } = await scratch(
      described('arguments: [{name: x, data_type: integer}], returns: {data_type: integer}'),
    ).parse();
    const [inc] = Object.values(manifest.functions);
    expect(inc).toMatchObject({
      resource_type: 'function',
      returns: { data_type: 'integer', description: null },
      arguments: [{ name: 'x', data_type: 'integer', description: null, default_value: null }],
      config: { materialized: 'function', type: 'scalar' },
      relation_name: null,
    });
    const [model] = Object.values(manifest.nodes);
    expect(model?.depends_on.nodes).toEqual([inc?.unique_id]);
  });

  it.each([
    ['returns nothing', described('arguments: []'), {}, 'compiler.bad-property'],
    [
      'has a default before others',
      described(
        'returns: {data_type: int}, arguments: [{name: x, data_type: int, default_value: 1}, {name: y, data_type: int}]',
      ),
      {},
      'compiler.bad-property',
    ],
    [
      'is not there',
      described('returns: {data_type: int}'),
      { 'models/n.sql': "select {{ function('dec') }}(1) as a" },
      'compiler.function-not-found',
    ],
  ] satisfies [string, string, Record<string, string>, string][])(
    'that %s is refused',
    async (_, yaml, files, code) => {
      await expect(scratch(yaml, files).parse()).rejects.toMatchObject({ code });
    },
  );
});
