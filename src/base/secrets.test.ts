import { describe, expect, it } from 'vitest';
import { SecretRegistry } from './secrets.ts';

describe('the secret registry', () => {
  it('masks every occurrence, the longest secret first', () => {
    const registry = new SecretRegistry();
    registry.add('hunter2');
    registry.add('hunter2-extended');
    expect(registry.scrub('a hunter2-extended b hunter2')).toBe('a ***** b *****');
  });

  it.each([
    ['in JSON', 'say "psst"\\now', JSON.stringify({ a: 'say "psst"\\now' }), '{"a":"*****"}'],
    ['in a SQL literal', "it's-me", "password 'it''s-me'", "password '*****'"],
    ['in a URL', 'p@ss/word', 'postgres://me:p%40ss%2Fword@host', 'postgres://me:*****@host'],
    [
      'line by line',
      '-----BEGIN KEY-----\nMIIEabcdef\n-----END KEY-----',
      '  -----BEGIN KEY-----\n  MIIEabcdef',
      '  -----BEGIN KEY-----\n  *****',
    ],
  ])('masks a secret %s', (_, secret, text, shown) => {
    const registry = new SecretRegistry();
    registry.add(secret);
    expect(registry.scrub(text)).toBe(shown);
  });

  it('leaves values too short to be secrets', () => {
    const registry = new SecretRegistry();
    registry.add('1');
    expect(registry.scrub('1 of 11')).toBe('1 of 11');
  });
});
