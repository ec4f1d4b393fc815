/** `modules.re`: patterns, matches and the functions around them. */
import {
  bindArguments,
  Callable,
  type CallInfo,
  Dict,
  HostObject,
  hostFunction,
  isInt,
  jinjaErrors,
  type Kwargs,
  noKwargs,
  repr,
  str,
  Tuple,
  type Value,
} from '../../jinja/index.ts';
import { optionalInteger, own, requiredText } from './arguments.ts';
import { boundedExec } from './bounded-regex.ts';
import { HostModule } from './host-module.ts';
import { type Compiled, compilePattern, flagBits } from './python-regex.ts';

/** The module. */
export function reModule(): HostModule {
  const members: Record<string, Value> = {};
  for (const [name, number] of Object.entries(flagBits)) members[name.toUpperCase()] = number;
  const long = {
    IGNORECASE: 'i',
    LOCALE: 'l',
    MULTILINE: 'm',
    DOTALL: 's',
    UNICODE: 'u',
    VERBOSE: 'x',
    ASCII: 'a',
  };
  for (const [name, letter] of Object.entries(long)) members[name] = flagBits[letter] ?? 0;
  for (const [name, [parameters, body]] of Object.entries(operations)) {
    members[name] = hostFunction(`re.${name}`, (args, kwargs, call) => {
      const { values } = bindArguments(name, ['pattern', ...parameters, ['flags', 0]], args, kwargs);
      const pattern = asPattern(values[0] ?? null, optionalInteger('flags', values.at(-1)) ?? 0);
      return body(pattern, values.slice(1, -1), call);
    });
  }
  members['compile'] = hostFunction('re.compile', (args, kwargs) => {
    const { values } = bindArguments('compile', ['pattern', ['flags', 0]], args, kwargs);
    return new Pattern(asPattern(values[0] ?? null, optionalInteger('flags', values[1]) ?? 0));
  });
  members['escape'] = hostFunction('re.escape', ([text]) =>
    requiredText('pattern', text).replace(/[\s#$&()*+\-.?[\\\]^{|}~]/g, '\\$&'),
  );
  members['purge'] = hostFunction('re.purge', () => null);
  return new HostModule('module', 're', members);
}

function asPattern(value: Value, flags: number): Compiled {
  return value instanceof Pattern ? value.compiled : compilePattern(requiredText('pattern', value), flags);
}

type Parameters = readonly (string | readonly [string, Value])[];
type Operation = (pattern: Compiled, values: readonly Value[], call: CallInfo) => Value | Promise<Value>;

/** What a module function and a pattern's method of the same name do. */
const operations: Readonly<Record<string, readonly [Parameters, Operation]>> = {
  search: [['string'], (p, [text]) => firstMatch(p, requiredText('string', text), 0)],
  match: [['string'], (p, [text]) => anchoredMatch(p, requiredText('string', text), 0, false)],
  fullmatch: [['string'], (p, [text]) => anchoredMatch(p, requiredText('string', text), 0, true)],
  findall: [
    ['string'],
    (p, [text]) => allMatches(p, requiredText('string', text)).map((match) => match.found()),
  ],
  finditer: [['string'], (p, [text]) => allMatches(p, requiredText('string', text))],
  split: [
    ['string', ['maxsplit', 0]],
    (p, [text, max]) => split(p, requiredText('string', text), optionalInteger('maxsplit', max) ?? 0),
  ],
  sub: [
    ['repl', 'string', ['count', 0]],
    (p, [replacement, text, count], call) => {
      const changed = substitute(
        p,
        replacement ?? null,
        requiredText('string', text),
        optionalInteger('count', count) ?? 0,
        call,
      );
      return changed instanceof Promise ? changed.then(([result]) => result) : changed[0];
    },
  ],
  subn: [
    ['repl', 'string', ['count', 0]],
    (p, [replacement, text, count], call) => {
      const changed = substitute(
        p,
        replacement ?? null,
        requiredText('string', text),
        optionalInteger('count', count) ?? 0,
        call,
      );
      return changed instanceof Promise ? changed.then((pair) => new Tuple(pair)) : new Tuple(changed);
    },
  ],
};

/** `re.compile(…)`. */
class Pattern extends HostObject {
  override readonly typeName = 'Pattern';
  readonly compiled: Compiled;

  constructor(compiled: Compiled) {
    super();
    this.compiled = compiled;
  }

  override str(): string {
    return `re.compile(${repr(this.compiled.source)})`;
  }

  override getAttr(name: string): Value | undefined {
    const operation = own(operations, name);
    if (operation) {
      const [parameters, body] = operation;
      const positions: Parameters = ['search', 'match', 'fullmatch'].includes(name) ? [['pos', 0]] : [];
      return hostFunction(name, (args, kwargs, call) => {
        const { values } = bindArguments(name, [...parameters, ...positions], args, kwargs);
        if (positions.length === 0) return body(this.compiled, values, call);
        const text = requiredText('string', values[0]);
        const from = optionalInteger('pos', values[1]) ?? 0;
        return name === 'search'
          ? firstMatch(this.compiled, text, from)
          : anchoredMatch(this.compiled, text, from, name === 'fullmatch');
      });
    }
    switch (name) {
      case 'pattern':
        return this.compiled.source;
      case 'flags':
        return this.compiled.flags;
      case 'groups':
        return this.compiled.groupCount;
      case 'groupindex':
        return new Dict(this.compiled.names);
      default:
        return undefined;
    }
  }
}

/** What a pattern found, and where. */
class Match extends HostObject {
  override readonly typeName = 'Match';
  readonly pattern: Compiled;
  readonly text: string;
  readonly result: RegExpExecArray;

  constructor(pattern: Compiled, text: string, found: RegExpExecArray) {
    super();
    this.pattern = pattern;
    this.text = text;
    this.result = found;
  }

  get start(): number {
    return this.result.index;
  }

  get end(): number {
    return this.result.index + this.result[0].length;
  }

  override str(): string {
    return `<re.Match object; span=(${this.start}, ${this.end}), match=${repr(this.result[0])}>`;
  }

  override truthy(): boolean {
    return true;
  }

  /** What `findall` lists: the whole, the only group, or a tuple of groups. */
  found(): Value {
    const groups = this.result.slice(1).map((text) => text ?? '');
    if (groups.length === 0) return this.result[0];
    return groups.length === 1 ? (groups[0] ?? '') : new Tuple(groups);
  }

  /** A group's text by number or name; none when it took no part. @throws jinja.index-error */
  group(key: Value): string | null {
    return this.result[this.#number(key)] ?? null;
  }

  override getItem(key: Value): Value | undefined {
    // `match.name` asks for an item too, once there is no such attribute.
    if (typeof key === 'string' && !this.pattern.names.has(key)) return undefined;
    return this.group(key);
  }

  override getAttr(name: string): Value | undefined {
    switch (name) {
      case 'string':
        return this.text;
      case 're':
        return new Pattern(this.pattern);
      case 'lastindex':
        return this.result.length > 1 ? this.result.length - 1 : null;
      case 'pos':
        return 0;
      case 'endpos':
        return this.text.length;
      case 'group':
        return hostFunction(name, (args) => {
          if (args.length <= 1) return this.group(args[0] ?? 0);
          return new Tuple(args.map((key) => this.group(key)));
        });
      case 'groups':
        return hostFunction(
          name,
          ([initial]) => new Tuple(this.result.slice(1).map((text) => text ?? initial ?? null)),
        );
      case 'groupdict':
        return hostFunction(
          name,
          ([initial]) =>
            new Dict([...this.pattern.names].map(([key, i]) => [key, this.result[i] ?? initial ?? null])),
        );
      case 'start':
        return hostFunction(name, ([key]) => this.#span(key ?? 0)[0]);
      case 'end':
        return hostFunction(name, ([key]) => this.#span(key ?? 0)[1]);
      case 'span':
        return hostFunction(name, ([key]) => new Tuple([...this.#span(key ?? 0)]));
      case 'expand':
        return hostFunction(name, ([template]) => expand(requiredText('template', template), this));
      default:
        return undefined;
    }
  }

  #number(key: Value): number {
    const number =
      typeof key === 'string' ? this.pattern.names.get(key) : isInt(key) ? Number(key) : undefined;
    if (number !== undefined && number >= 0 && number < this.result.length) return number;
    throw jinjaErrors['index-error']({ problem: `the pattern has no group ${str(key)}` });
  }

  #span(key: Value): readonly [number, number] {
    const indices = this.result.indices?.[this.#number(key)];
    return indices ?? [-1, -1];
  }
}

function run(pattern: Compiled, text: string, from: number): RegExpExecArray | null {
  pattern.regex.lastIndex = from;
  return boundedExec(pattern.regex, text);
}

function firstMatch(pattern: Compiled, text: string, from: number): Value {
  const found = run(pattern, text, from);
  return found ? new Match(pattern, text, found) : null;
}

/** Matches that begin at `from`, and end at the end when `whole`. */
function anchoredMatch(pattern: Compiled, text: string, from: number, whole: boolean): Value {
  const body = whole ? `(?:${pattern.regex.source})(?![\\s\\S])` : pattern.regex.source;
  const sticky = new RegExp(body, `${pattern.regex.flags.replace('g', '')}y`);
  sticky.lastIndex = from;
  const found = boundedExec(sticky, text);
  return found ? new Match(pattern, text, found) : null;
}

function allMatches(pattern: Compiled, text: string): Match[] {
  const matches: Match[] = [];
  let from = 0;
  while (from <= text.length) {
    const found = run(pattern, text, from);
    if (!found) break;
    matches.push(new Match(pattern, text, found));
    from = found.index + found[0].length;
    // An empty match must not be found again.
    if (found[0] === '') from += 1;
  }
  return matches;
}

function split(pattern: Compiled, text: string, max: number): Value[] {
  const parts: Value[] = [];
  let from = 0;
  for (const match of allMatches(pattern, text)) {
    if (max > 0 && parts.length / (1 + match.result.length - 1) >= max) break;
    parts.push(text.slice(from, match.start), ...match.result.slice(1).map((group) => group ?? null));
    from = match.end;
  }
  parts.push(text.slice(from));
  return parts;
}

function substitute(
  pattern: Compiled,
  replacement: Value,
  text: string,
  max: number,
  call: CallInfo,
): [string, number] | Promise<[string, number]> {
  const all = allMatches(pattern, text);
  const matches = max > 0 ? all.slice(0, max) : all;
  const replaced = matches.map((match) => replacementFor(match, replacement, call));
  const assemble = (texts: readonly Value[]): [string, number] => {
    let result = '';
    let from = 0;
    matches.forEach((match, i) => {
      result += text.slice(from, match.start) + requiredText('repl', texts[i]);
      from = match.end;
    });
    return [result + text.slice(from), matches.length];
  };
  return replaced.some((value) => value instanceof Promise)
    ? Promise.all(replaced).then(assemble)
    : assemble(replaced as Value[]);
}

function replacementFor(match: Match, replacement: Value, call: CallInfo): Value | Promise<Value> {
  if (replacement instanceof Callable) return replacement.call([match], noKwargs as Kwargs, call);
  return expand(requiredText('repl', replacement), match);
}

/** `\1`, `\g<1>`, `\g<name>` and escapes in a replacement. */
function expand(template: string, match: Match): string {
  return template.replace(
    /\\(?:g<(\w+)>|([1-9]\d?)|([nrtfva0\\])|(.))/gs,
    (all, name: string | undefined, number: string | undefined, mark: string | undefined) => {
      if (name !== undefined) return match.group(/^\d+$/.test(name) ? Number(name) : name) ?? '';
      if (number !== undefined) return match.group(Number(number)) ?? '';
      if (mark !== undefined) return escapes[mark] ?? all;
      return all;
    },
  );
}

const escapes: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  f: '\f',
  v: '\v',
  a: '\x07',
  '0': '\0',
  '\\': '\\',
};
