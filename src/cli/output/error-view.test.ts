import picocolors from 'picocolors';
import { describe, expect, it } from 'vitest';
import { BoathouseError, type SourceLocation } from '../../base/index.ts';
import { describeError } from './error-view.ts';

const plain = picocolors.createColors(false);

function view(location: SourceLocation | undefined, hint?: string, debug = false): string {
  const error = new BoathouseError(
    'compiler.ref-not-found',
    { message: () => 'no such model\nlook again' },
    {},
    { location, hint },
  );
  return describeError(error, plain, { debug });
}

describe('describeError', () => {
  it('shows the place, the line with a caret, and the hint', () => {
    const text = 'select *\n\tfrom {{ ref(x) }}\nwhere true\nlimit 1\n';
    const location = { file: 'models/a.sql', line: 2, column: 10, text, stack: ['macro m (macros/m.sql:3)'] };
    expect(view(location, "Did you mean 'y'?")).toBe(
      [
        'error[compiler.ref-not-found]: no such model',
        '  look again',
        '  --> models/a.sql:2:10',
        '    1 | select *',
        '  > 2 |     from {{ ref(x) }}',
        '      |             ^',
        '    3 | where true',
        '  called from macro m (macros/m.sql:3)',
        "  hint: Did you mean 'y'?",
      ].join('\n'),
    );
  });

  it('does without lines where the file can’t be read', () => {
    expect(view({ file: 'no/such/file.sql', line: 3 })).toContain('--> no/such/file.sql:3');
  });

  it('prints stack traces only when asked', () => {
    expect(view(undefined)).not.toContain('error-view.test');
    expect(view(undefined, undefined, true)).toContain('error-view.test');
  });

  it('owns up to what is no BoathouseError', () => {
    const text = describeError(new TypeError('x is not a function'), plain, { debug: false });
    expect(text).toContain('x is not a function');
    expect(text).toContain('--debug');
    expect(text).not.toContain('error-view.test');
  });
});
