import { describe, expect, it } from 'vitest';
import { takeStatements } from './prompt-session.ts';

describe('text that is typed line by line', () => {
  it.each([
    ['', [], ''],
    ['select 1', [], 'select 1'],
    ['select 1;\n', ['select 1'], ''],
    ['select 1; -- done\n', ['select 1'], ''],
    ['select 1; select\n 2', ['select 1'], 'select\n 2'],
    ["select 'a;b", [], "select 'a;b"],
    ["select 'a;b';select 'a;b", ["select 'a;b'"], "select 'a;b"],
    ['select 1 /* ; ', [], 'select 1 /* ; '],
    ['/* not yet; ', [], '/* not yet; '],
    ['select "x;y" -- a;', [], 'select "x;y" -- a;'],
    ['select $$;$$;;', ['select $$;$$'], ''],
    [';\n;', [], ''],
  ])('%j holds the statements %j and begins %j', (text, statements, rest) => {
    const taken = takeStatements(text);
    expect(taken.statements).toEqual(statements);
    expect(taken.rest.trimStart()).toBe(rest);
  });
});
