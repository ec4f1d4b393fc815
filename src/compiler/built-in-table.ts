/**
 * The built-in macros of one package, each file of them parsed when one of its macros is first asked for.
 *
 * A run calls a few dozen of five hundred, and parsing all of them takes longer than building a small project.
 */
import { type Definition, parseTemplate } from '../jinja/index.ts';
import type { BuiltInFile } from './built-in-macros.ts';

/** What macros are looked up in: by name, in the order of their files. */
export type MacroTable<Entry> = Pick<ReadonlyMap<string, Entry>, 'get' | 'keys' | 'values'>;

/** Our own files hold macros and tests, written plainly: a test of ours holds them to it. */
const heads = /\{%-?\s*(macro|test)\s+(\w+)\s*\(/g;

/** The names of the macros in a built-in file, tests as `test_<name>`, without parsing it. */
export function builtInNames(text: string): readonly string[] {
  return [...text.matchAll(heads)].map(([, kind, name = '']) => (kind === 'test' ? `test_${name}` : name));
}

/** The table of one package's files. */
export class BuiltInTable<Entry> implements MacroTable<Entry> {
  readonly #fileOf = new Map<string, BuiltInFile>();
  readonly #entries = new Map<string, Entry>();
  readonly #make: (definition: Definition, file: BuiltInFile) => Entry;

  constructor(files: readonly BuiltInFile[], make: (definition: Definition, file: BuiltInFile) => Entry) {
    this.#make = make;
    for (const file of files) for (const name of builtInNames(file.text)) this.#fileOf.set(name, file);
  }

  get(name: string): Entry | undefined {
    const known = this.#entries.get(name);
    if (known !== undefined) return known;
    const file = this.#fileOf.get(name);
    if (file === undefined) return undefined;
    for (const definition of parseTemplate(file.text, { file: file.path }).definitions) {
      const { macroName } = definition;
      if (this.#fileOf.get(macroName) === file) this.#entries.set(macroName, this.#make(definition, file));
    }
    return this.#entries.get(name);
  }

  keys(): MapIterator<string> {
    return this.#fileOf.keys();
  }

  values(): MapIterator<Entry> {
    const all = new Map<string, Entry>();
    for (const name of this.#fileOf.keys()) {
      const entry = this.get(name);
      if (entry !== undefined) all.set(name, entry);
    }
    return all.values();
  }
}
