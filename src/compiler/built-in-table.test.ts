/** The names that our macro files are indexed by are the macros that parsing them finds. */
import { expect, it } from 'vitest';
import { parseTemplate } from '../jinja/index.ts';
import { builtInFiles } from './built-in-macros.ts';
import { BuiltInTable, builtInNames } from './built-in-table.ts';

it.each(builtInFiles().map((file) => [`${file.packageName}/${file.relativePath}`, file] as const))(
  '%s',
  (_, file) => {
    const parsed = parseTemplate(file.text, { file: file.path }).definitions.map(
      ({ macroName }) => macroName,
    );
    expect(builtInNames(file.text)).toEqual(parsed);
    const table = new BuiltInTable([file], (definition) => definition);
    expect([...table.values()].map(({ macroName }) => macroName)).toEqual([...new Set(parsed)]);
    expect(table.get('no_such_macro')).toBeUndefined();
  },
);
