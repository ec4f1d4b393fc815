import { describe, expect, it } from 'vitest';
import { SecretRegistry } from './secrets.ts';

describe('the secret registry', () => {
  it('masks every occurrence, the longest secret first', () => {
    const registry = new SecretRegistry();
    registry.add('hunter2');
    registry.add('hunter2-extended');
    expect(registry.scrub('a hunter2-extended b hunter2')).toBe('a ***** b *****');
  });

  it('leaves values too short to be secrets', () => {
    const registry = new SecretRegistry();
    registry.add('1');
    expect(registry.scrub('1 of 11')).toBe('1 of 11');
  });
});
