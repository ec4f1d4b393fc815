import { describe, expect, it } from 'vitest';
import { placeSqlError } from './place-sql-error.ts';

const source = "select wrong\nfrom {{ ref('a') }}\nwhere true";
const compiled = 'select wrong\nfrom "db"."main"."a"\nwhere true';
const texts = {
  sourceFile: 'models/b.sql',
  source,
  compiledFile: 'target/compiled/shop/models/b.sql',
  compiled,
};
const ran = `create view x as (\n${compiled}\n)`;

const place = (line: number, column: number, text = ran) =>
  placeSqlError({ file: '<sql>', line, column, text }, texts);

describe('placeSqlError', () => {
  it('points at the line that the user wrote, where it stands there word for word', () => {
    expect(place(2, 8)).toEqual({ file: 'models/b.sql', line: 1, column: 8, text: source });
    expect(place(4, 1)).toMatchObject({ file: 'models/b.sql', line: 3 });
  });

  it('points at the compiled file for a line that Jinja made', () => {
    expect(place(3, 6)).toEqual({ file: texts.compiledFile, line: 2, column: 6, text: compiled });
  });

  it('takes off what stands before the compiled SQL on its first line', () => {
    expect(place(1, 13, `explain (${compiled})`)).toMatchObject({ file: 'models/b.sql', line: 1, column: 4 });
  });

  it('leaves a place outside the compiled SQL as it is', () => {
    expect(place(1, 3)).toMatchObject({ file: '<sql>', line: 1, column: 3 });
    expect(place(1, 3, 'select something else')).toMatchObject({ file: '<sql>' });
  });
});
