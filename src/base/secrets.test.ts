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

  it.each([
    ['https://b.s3.amazonaws.com/k?X-Amz-Date=1&X-Amz-Signature=0123456789abcdef0123&x=1', '&x=1'],
    [
      'AWS4-HMAC-SHA256 Credential=AKIA/x, SignedHeaders=host, Signature=0123456789abcdef0123',
      'SignedHeaders=host',
    ],
  ])('masks the signature in %s', (text, rest) => {
    const registry = new SecretRegistry();
    expect(registry.scrub(text)).not.toContain('0123456789abcdef0123');
    expect(registry.scrub(text)).toContain(rest);
    expect(registry.isIn(new TextEncoder().encode(text))).toBe(true);
  });

  it('leaves values too short to be secrets', () => {
    const registry = new SecretRegistry();
    registry.add('1');
    expect(registry.scrub('1 of 11')).toBe('1 of 11');
  });
});
