import { describe, expect, it } from 'vitest';
import {
  type BoathouseError,
  defineErrors,
  type ErrorKind,
  type ErrorsOf,
  isBoathouseError,
} from './errors.ts';

type Kinds = { 'too-deep': ErrorKind<{ depth: number }> };
const kinds: Kinds = {
  'too-deep': {
    message: (d) => `nested ${d.depth} levels`,
    hint: (d) => `Flatten it below ${d.depth}.`,
    sqlState: '54001',
    httpStatus: 400,
    exitCode: 1,
    retryable: true,
  },
};
const errors: ErrorsOf<Kinds> = defineErrors('sample', kinds);

describe('a declared error', () => {
  it('carries what every audience needs', () => {
    const error = errors['too-deep']({ depth: 9 }, { location: { file: 'a.sql', line: 2 } });
    expect(error).toMatchObject({
      code: 'sample.too-deep',
      message: 'nested 9 levels',
      hint: 'Flatten it below 9.',
      sqlState: '54001',
      httpStatus: 400,
      exitCode: 1,
      retryable: true,
      location: { file: 'a.sql', line: 2 },
      details: { depth: 9 },
    });
  });

  it('keeps its first place when it is located again', () => {
    const error = errors['too-deep']({ depth: 1 }).at({ file: 'inner.sql' });
    const again: BoathouseError = error.at({ file: 'outer.sql' });
    expect(again.location?.file).toBe('inner.sql');
    expect(again).toMatchObject({ code: 'sample.too-deep', hint: 'Flatten it below 1.', sqlState: '54001' });
  });

  it('is told from other errors by its code', () => {
    expect(isBoathouseError(errors['too-deep']({ depth: 1 }), 'sample.too-deep')).toBe(true);
    expect(isBoathouseError(errors['too-deep']({ depth: 1 }), 'sample.other')).toBe(false);
    expect(isBoathouseError(new Error('x'))).toBe(false);
  });
});
