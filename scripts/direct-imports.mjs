/**
 * An esbuild plugin: imports through a layer's `index.ts` lead straight to the files that declare the names.
 *
 * Layers use each other through their front doors, and a front door leads to everything behind it. esbuild
 * then loads all of it for a command that needs one function. Nothing in `src/` does anything when it is
 * loaded but declare, so the names can as well be fetched where they are.
 */
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, relative, resolve } from 'node:path';

/** The plugin, for the sources in `source`. */
export function directImports(source) {
  const doors = new Map();
  return {
    name: 'direct-imports',
    setup(build) {
      build.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
        if (!path.startsWith(source)) return undefined;
        const text = await readFile(path, 'utf8');
        return { contents: withDirectImports(text, path, doors), loader: 'ts' };
      });
    },
  };
}

const throughDoor = /^(import|export) \{([^}]*)\} from '(\.[^']*\/index\.ts)';/gm;

function withDirectImports(text, file, doors) {
  return text.replace(throughDoor, (statement, verb, list, door) => {
    const declared = declarationsOf(resolve(dirname(file), door), doors);
    const names = list
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '' && !name.startsWith('type '));
    const lines = names.map((name) => {
      const [own, as] = name.split(/ as /);
      const home = declared.get(own);
      if (home === undefined) return undefined;
      const from = relative(dirname(file), home.file).replaceAll('\\', '/');
      return `${verb} { ${home.name} as ${as ?? own} } from '${from.startsWith('.') ? from : `./${from}`}';`;
    });
    // A name that isn't found keeps the whole statement as it is: that is slower, never wrong. What
    // follows stays in its line.
    if (lines.includes(undefined)) return statement;
    return lines.join(' ') + '\n'.repeat(statement.split('\n').length - 1);
  });
}

/** Every value that a file exports: its name, and the file and name that it is declared with. */
function declarationsOf(file, known) {
  const before = known.get(file);
  if (before) return before;
  const found = new Map();
  known.set(file, found);
  const text = readFileSync(file, 'utf8');
  const declaration = /^export (?:declare )?(?:async )?(?:abstract )?(?:function\*?|class|const|let) (\w+)/gm;
  for (const [, name] of text.matchAll(declaration)) found.set(name, { file, name });
  for (const [, target] of text.matchAll(/^export \* from '(\.[^']+)';/gm)) {
    for (const [name, home] of declarationsOf(resolve(dirname(file), target), known)) {
      if (!found.has(name)) found.set(name, home);
    }
  }
  for (const [, list, target] of text.matchAll(/^export \{([^}]*)\} from '(\.[^']+)';/gm)) {
    const behind = declarationsOf(resolve(dirname(file), target), known);
    for (const entry of list.split(',').map((part) => part.trim())) {
      const [own, as] = entry.split(/ as /);
      const home = behind.get(own);
      if (home) found.set(as ?? own, home);
    }
  }
  return found;
}
