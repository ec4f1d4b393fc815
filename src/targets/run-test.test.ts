import { describe, expect, it } from 'vitest';
import type { ManifestNode, NodeConfig } from '../compiler/index.ts';
import { judge, storeAs } from './run-test.ts';

const node = (config: Partial<NodeConfig>): ManifestNode => ({ config }) as unknown as ManifestNode;

describe("a test's verdict", () => {
  const config = (more: Partial<NodeConfig>) =>
    node({ severity: 'ERROR', error_if: '!= 0', warn_if: '!= 0', ...more });

  it.each([
    ['passes', {}, 0, false, false, 'pass', ''],
    ['fails', {}, 1, true, true, 'fail', 'Got 1 result, configured to fail if != 0'],
    ['warns', { severity: 'warn' }, 2, true, true, 'warn', 'Got 2 results, configured to warn if != 0'],
    [
      'warns first',
      { error_if: '>10', warn_if: '>1' },
      5,
      true,
      false,
      'warn',
      'Got 5 results, configured to warn if >1',
    ],
    ['ignores an error of a warning', { severity: 'warn', warn_if: '>9' }, 5, false, true, 'pass', ''],
  ])('%s', (_, more, count, warn, error, status, message) => {
    expect(judge(config(more), count, warn, error)).toMatchObject({ status, message });
  });

  it('keeps failing rows as the test or the command says', () => {
    expect(storeAs(node({}), false)).toBeUndefined();
    expect(storeAs(node({}), true)).toBe('table');
    expect(storeAs(node({ store_failures: true }), false)).toBe('table');
    expect(storeAs(node({ store_failures: false }), true)).toBeUndefined();
    expect(storeAs(node({ store_failures_as: 'view' }), false)).toBe('view');
    expect(storeAs(node({ store_failures: true, store_failures_as: 'ephemeral' }), true)).toBeUndefined();
  });
});
