import { describe, expect, it } from 'vitest';
import { mapScope, parseTemplate, toValue, type Value } from '../../jinja/index.ts';
import { withResultObjects } from './result-object.ts';

const result = {
  unique_id: 'model.shop.orders',
  status: 'success',
  failures: null,
  node: { name: 'orders', config: { materialized: 'table' } },
  timing: [{ name: 'compile' }],
};

function render(text: string): string {
  const names = withResultObjects(new Map<string, Value>([['results', toValue([result])]]));
  return parseTemplate(`{{ ${text} }}`, { file: 'hook' }).renderSync(mapScope(names ?? new Map()), {
    undefined: 'strict',
  });
}

describe('a result in an on-run-end hook', () => {
  it.each([
    ['results[0].status', 'success'],
    ['results[0].failures', 'None'],
    ["results[0].to_dict()['node']['name']", 'orders'],
    ['results[0].node.to_dict().name', 'orders'],
    ["results[0].node.config.get('materialized')", 'table'],
    ['results[0].timing[0].to_dict()', "{'name': 'compile'}"],
    ["results | map(attribute='node.name') | join", 'orders'],
    ['results[0] is mapping', 'False'],
    ['results[0].nothing is defined', 'False'],
    ['results[0] | tojson | length > 10', 'True'],
  ])('%s', (expression, printed) => {
    expect(render(expression)).toBe(printed);
  });

  it('leaves other names as they are', () => {
    const names = new Map<string, Value>([['schemas', ['main']]]);
    expect(withResultObjects(names)).toBe(names);
  });
});
