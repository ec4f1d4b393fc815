/**
 * YAML files: their values as PyYAML reads them, and where each value stands.
 *
 * Values are plain data. A place is found by parsing again, because places are wanted only when something
 * is wrong, and keeping a syntax tree of every file would cost more than all else that is kept of it.
 */
import type { Alias, Document, Node, Pair, Scalar, YAMLMap, YAMLParseError, YAMLSeq } from 'yaml';
import type { SourceLocation } from '../base/index.ts';
import { Dict, type Value } from '../jinja/index.ts';
import { projectErrors } from './errors.ts';
import { readPlainYaml } from './plain-yaml.ts';
import type { ProjectWarning } from './project.ts';
import { yamlLibrary } from './yaml-library.ts';
import { isWhole, parseFraction, parseWhole, resolvePlain } from './yaml-scalar.ts';
import type { PlainDict } from './yaml-value.ts';

/** A path into a YAML value: keys and list positions. */
export type YamlPath = readonly (string | number)[];

/** A parsed YAML file. */
export interface YamlFile {
  /** As it was given to `parseYaml`. */
  readonly file: string;
  /** null for an empty file. */
  readonly value: unknown;
  /** Keys that are given twice in one mapping; the later one counts, as in dbt. */
  readonly warnings: readonly ProjectWarning[];
  /**
   * Where the value at `path` stands, or the nearest ancestor that is there.
   *
   * @param part `key` gives the place of the key that leads to the value; `text` the place of a text's
   * first character, behind the quote or in the line after `|`.
   */
  locate(path: YamlPath, part?: 'key' | 'value' | 'text'): SourceLocation;
}

/**
 * The value of a YAML text.
 *
 * @param file named in errors and warnings; not read.
 * @param how `whole` leaves out the quick reading of simple files: for its test.
 * @throws project.bad-yaml at the line and column where the text goes wrong.
 */
export function parseYaml(text: string, file: string, how: 'quick' | 'whole' = 'quick'): YamlFile {
  const plain = how === 'quick' ? readPlainYaml(text) : undefined;
  if (plain !== undefined) return { file, value: plain, warnings: [], locate: locator(text, file) };
  const document = parse(text);
  const problem = document.errors[0];
  if (problem) {
    const mended = indentQuoted(text, problem);
    if (mended !== undefined) return parseYaml(mended, file, how);
    throw badYaml(firstLine(problem.message), text, file, problem.pos[0]);
  }
  const reader = new Reader(text, file);
  const value = reader.read(document.contents);
  return { file, value, warnings: reader.warnings, locate: locator(text, file) };
}

function locator(text: string, file: string): YamlFile['locate'] {
  let document: Document.Parsed | undefined;
  return (path, part = 'value') => {
    document ??= parse(text);
    return placeAt(text, file, offsetOf(document, text, path, part));
  };
}

function parse(text: string): Document.Parsed {
  const { parseDocument } = yamlLibrary();
  try {
    // Every scalar stays text: what it means is decided here, by PyYAML's rules.
    return parseDocument(text, {
      schema: 'failsafe',
      version: '1.1',
      uniqueKeys: false,
      prettyErrors: false,
    });
  } catch (error) {
    if (error instanceof RangeError) return parseDocument('"nested too deeply', { prettyErrors: false });
    throw error;
  }
}

/**
 * PyYAML lets the lines of a quoted text begin anywhere, YAML wants them indented. `text` with the quoted
 * text that ends before `problem` indented far enough; undefined when the problem is another one.
 * White space at the beginning of such lines isn't part of the value, and no line moves.
 */
function indentQuoted(text: string, problem: YAMLParseError): string | undefined {
  const quote = /^Missing closing (['"])quote/.exec(problem.message)?.[1];
  if (quote === undefined) return undefined;
  const form = quote === '"' ? /"(?:[^"\\]|\\.)*"/sy : /'(?:[^']|'')*'/y;
  for (let at = text.lastIndexOf(quote, problem.pos[0]); at !== -1; at = text.lastIndexOf(quote, at - 1)) {
    if (at === 0) return undefined;
    // Only a quote that begins a value opens a text; one inside of it is escaped, or doubled.
    if (!/(?:^|[:\-[{,]\s*)$/.test(text.slice(Math.max(0, at - 200), at))) continue;
    form.lastIndex = at;
    const quoted = form.exec(text)?.[0];
    if (quoted === undefined || at + quoted.length <= problem.pos[0]) return undefined;
    const lineStart = text.lastIndexOf('\n', at) + 1;
    const indented = quoted.replace(/\n(?=[^\n])/g, `\n${' '.repeat(at - lineStart + 1)}`);
    return indented === quoted ? undefined : text.slice(0, at) + indented + text.slice(at + quoted.length);
  }
  return undefined;
}

function firstLine(message: string): string {
  return message.split('\n')[0] ?? message;
}

function badYaml(problem: string, text: string, file: string, offset: number, hint?: string): Error {
  return projectErrors['bad-yaml']({ problem }, { location: placeAt(text, file, offset), hint });
}

/** Line and column of an offset into `text`. */
function placeAt(text: string, file: string, offset: number): SourceLocation {
  let line = 1;
  let lineStart = 0;
  for (let at = text.indexOf('\n'); at !== -1 && at < offset; at = text.indexOf('\n', at + 1)) {
    line += 1;
    lineStart = at + 1;
  }
  return { file, line, column: offset - lineStart + 1 };
}

const isAlias = (node: unknown): node is Alias => yamlLibrary().isAlias(node);
const isCollection = (node: unknown): node is YAMLMap | YAMLSeq => yamlLibrary().isCollection(node);
const isMap = (node: unknown): node is YAMLMap => yamlLibrary().isMap(node);
const isPair = (node: unknown): node is Pair => yamlLibrary().isPair(node);
const isScalar = (node: unknown): node is Scalar => yamlLibrary().isScalar(node);
const isSeq = (node: unknown): node is YAMLSeq => yamlLibrary().isSeq(node);

/** Turns the syntax tree into values, in the order of the text, so that an alias finds its anchor. */
class Reader {
  readonly warnings: ProjectWarning[] = [];
  readonly #text: string;
  readonly #file: string;
  readonly #anchors = new Map<string, { value: unknown; done: boolean }>();

  constructor(text: string, file: string) {
    this.#text = text;
    this.#file = file;
  }

  read(node: Node | null | undefined): unknown {
    if (node === null || node === undefined) return null;
    if (isAlias(node)) {
      const anchor = this.#anchors.get(node.source);
      if (!anchor) throw this.#bad(`there is no anchor &${node.source} before this`, node);
      if (!anchor.done) throw this.#bad(`&${node.source} contains itself`, node);
      return anchor.value;
    }
    const anchorName = isScalar(node) || isCollection(node) ? node.anchor : undefined;
    if (anchorName === undefined) return this.#readContent(node);
    const anchor = { value: null as unknown, done: false };
    this.#anchors.set(anchorName, anchor);
    anchor.value = this.#readContent(node);
    anchor.done = true;
    return anchor.value;
  }

  #readContent(node: Node): unknown {
    if (isScalar(node)) return this.#readScalar(node);
    if (isSeq(node)) return node.items.map((item) => this.read(item as Node | null));
    if (isMap(node)) return this.#readMap(node);
    throw this.#bad('this is neither a value, a list nor a mapping', node);
  }

  #readScalar(node: Scalar): unknown {
    const text = typeof node.value === 'string' ? node.value : String(node.source ?? '');
    if (node.tag !== undefined && !failsafeTags.has(node.tag)) return this.#readTagged(node, node.tag, text);
    if (node.type !== 'PLAIN' || node.tag === 'tag:yaml.org,2002:str')
      return this.#withoutAddedBreak(node, text);
    const value = resolvePlain(text);
    if (value === undefined) throw this.#bad(`${text} looks like a date, but is none`, node);
    return value;
  }

  /** PyYAML adds no line break to a block text that ends with the file, without one. */
  #withoutAddedBreak(node: Scalar, text: string): string {
    if (node.type !== 'BLOCK_LITERAL' && node.type !== 'BLOCK_FOLDED') return text;
    if (this.#text.endsWith('\n') || (node.range?.[1] ?? 0) < this.#text.length) return text;
    return text.replace(/\n$/, '');
  }

  #readTagged(node: Scalar, tag: string, text: string): unknown {
    switch (tag.replace('tag:yaml.org,2002:', '!!')) {
      case '!!int':
        if (!isWhole(text)) throw this.#bad(`${text} is no whole number`, node);
        return parseWhole(text);
      case '!!float':
        if (Number.isNaN(parseFraction(text)) && !/^\.nan$/i.test(text))
          throw this.#bad(`${text} is no number`, node);
        return parseFraction(text);
      case '!!bool':
      case '!!null':
      case '!!timestamp':
        return resolvePlain(text) ?? null;
      case '!':
        return text;
      default:
        throw this.#bad(`the tag ${tag} is not known here`, node);
    }
  }

  #readMap(map: YAMLMap): unknown {
    const merged: [unknown, unknown][] = [];
    const own: [unknown, unknown][] = [];
    for (const pair of map.items as Pair<Node, Node | null>[]) {
      if (isMergeKey(pair.key)) merged.push(...this.#readMerge(pair));
      else own.push([this.#readKey(pair.key), this.read(pair.value)]);
    }
    if (own.length > 1) this.#reportDuplicates(map, own);
    return buildMapping(merged.length > 0 ? [...merged, ...own] : own);
  }

  #readKey(node: Node | null): unknown {
    if (isMap(node) || isSeq(node)) {
      throw badYaml(
        `a ${isMap(node) ? 'mapping' : 'list'} can't be a key`,
        this.#text,
        this.#file,
        node.range?.[0] ?? 0,
        'If this is Jinja, quote the whole value: "{{ … }}".',
      );
    }
    return this.read(node);
  }

  /** What `<<: value` brings in; where several mappings have a key, the first one wins. */
  #readMerge(pair: Pair<Node, Node | null>): [unknown, unknown][] {
    const value = this.read(pair.value);
    const parts = Array.isArray(value) ? [...value].reverse() : [value];
    return parts.flatMap((part) => {
      if (part instanceof Dict) return [...part.entries()].map(([k, v]): [unknown, unknown] => [k, v]);
      if (typeof part === 'object' && part !== null && !Array.isArray(part)) return Object.entries(part);
      throw this.#bad('<< takes a mapping or a list of mappings', pair.value ?? pair.key);
    });
  }

  #reportDuplicates(map: YAMLMap, own: readonly [unknown, unknown][]): void {
    const seen = new Set<unknown>();
    own.forEach(([key], i) => {
      if (!seen.has(key)) {
        seen.add(key);
        return;
      }
      const pair = (map.items as Pair<Node, Node>[]).filter((p) => !isMergeKey(p.key))[i];
      this.warnings.push({
        code: 'project.duplicate-key',
        message: `'${String(key)}' is given twice in this mapping; the later one counts`,
        hint: 'Remove one of them.',
        location: placeAt(this.#text, this.#file, pair?.key.range?.[0] ?? 0),
      });
    });
  }

  #bad(problem: string, node: Node): Error {
    return badYaml(problem, this.#text, this.#file, node.range?.[0] ?? 0);
  }
}

const failsafeTags: ReadonlySet<string> = new Set([
  'tag:yaml.org,2002:str',
  'tag:yaml.org,2002:map',
  'tag:yaml.org,2002:seq',
]);

function isMergeKey(key: unknown): boolean {
  return isScalar(key) && key.value === '<<' && key.type === 'PLAIN';
}

/** An object where that keeps keys and their order, a `Dict` where it wouldn't. */
function buildMapping(pairs: readonly [unknown, unknown][]): PlainDict | Dict {
  const isSimple = pairs.every(
    ([key]) => typeof key === 'string' && key !== '__proto__' && !digitsOnly.test(key),
  );
  if (!isSimple) {
    const dict = new Dict(pairs as [Value, Value][]);
    // Keys of digits move to the front of an object: keep the order unless it is that order anyway.
    const keys = [...dict.keys()];
    if (keys.some((key) => typeof key !== 'string' || key === '__proto__')) return dict;
    const object = Object.fromEntries(pairs as [string, unknown][]);
    return Object.keys(object).every((key, i) => key === keys[i]) ? object : dict;
  }
  const object: PlainDict = {};
  for (const [key, value] of pairs) object[key as string] = value;
  return object;
}

const digitsOnly = /^\d+$/;

/** The offset of what stands at `path`, walking as far as the tree goes. */
function offsetOf(
  document: Document.Parsed,
  text: string,
  path: YamlPath,
  part: 'key' | 'value' | 'text',
): number {
  let node: Node | null = document.contents;
  let keyOffset = node?.range?.[0] ?? 0;
  let isReached = true;
  for (const step of path) {
    const target: Node | null | undefined = isAlias(node) ? node.resolve(document) : node;
    const next = child(target, step);
    if (next === undefined) {
      isReached = false;
      break;
    }
    keyOffset = next.keyOffset;
    node = next.value;
  }
  if (part === 'key' && isReached) return keyOffset;
  const offset = node?.range?.[0] ?? keyOffset;
  if (part !== 'text' || !isScalar(node)) return offset;
  if (node.type === 'QUOTE_SINGLE' || node.type === 'QUOTE_DOUBLE') return offset + 1;
  if (node.type !== 'BLOCK_LITERAL' && node.type !== 'BLOCK_FOLDED') return offset;
  const lineEnd = text.indexOf('\n', offset);
  const content = text.slice(lineEnd + 1).search(/\S/);
  return lineEnd === -1 || content === -1 ? offset : lineEnd + 1 + content;
}

function child(
  node: Node | null | undefined,
  step: string | number,
): { value: Node | null; keyOffset: number } | undefined {
  if (isSeq(node) && typeof step === 'number') {
    const item = node.items[step] as Node | null | undefined;
    return item === undefined ? undefined : { value: item, keyOffset: item?.range?.[0] ?? 0 };
  }
  if (!isMap(node)) return undefined;
  // The later of two equal keys counts.
  const pair = node.items.findLast(
    (p) => isPair(p) && isScalar(p.key) && String(p.key.value) === String(step),
  );
  if (!pair) return undefined;
  const keyOffset = (pair.key as Node).range?.[0] ?? 0;
  return { value: pair.value as Node | null, keyOffset };
}
