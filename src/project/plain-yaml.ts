/**
 * A quick reading of the YAML that most property files are made of.
 *
 * It knows block mappings and lists, texts on one line and flow collections on one line, and gives up at
 * the first thing it doesn't know: anchors, tags, texts over several lines, doubled keys, anything odd.
 * The whole parser then reads the file, and makes the errors. So this never has to judge, only to be right
 * about what it accepts: it and the whole parser agree on every text that it accepts.
 *
 * It is here because reading properties is the larger part of reading a project.
 */
import { resolvePlain } from './yaml-scalar.ts';
import type { PlainDict } from './yaml-value.ts';

/** The mapping in `text`, or undefined when it holds anything but the simplest YAML. */
export function readPlainYaml(text: string): PlainDict | undefined {
  if (unusual.test(text)) return undefined;
  try {
    return new PlainReader(text).read();
  } catch (error) {
    if (error === givesUp) return undefined;
    throw error;
  }
}

/** Tabs, control characters, and line ends that only some readers know. */
const unusual = /[^\n\x20-\x7e\u00a0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd]/;

/** Thrown to leave the reader at once; carries nothing, so that it costs nothing. */
const givesUp: unique symbol = Symbol('not plain YAML');

interface Line {
  indent: number;
  content: string;
}

const keyForm = /^([A-Za-z_+][A-Za-z0-9_.+-]*):(?: +(?=[^ ])|$)/;

class PlainReader {
  readonly #lines: Line[] = [];
  #at = 0;

  constructor(text: string) {
    for (const line of text.split('\n')) {
      const content = line.trimEnd();
      let indent = 0;
      while (content.charCodeAt(indent) === 32) indent += 1;
      if (indent < content.length && content.charCodeAt(indent) !== 35) {
        this.#lines.push({ indent, content: content.slice(indent) });
      }
    }
  }

  read(): PlainDict {
    if (this.#lines[0]?.content === '---' && this.#lines[0].indent === 0) this.#at = 1;
    const first = this.#lines[this.#at];
    if (first === undefined) throw givesUp;
    const value = this.#mapping(first.indent);
    if (this.#at < this.#lines.length) throw givesUp;
    return value;
  }

  #mapping(indent: number): PlainDict {
    const out: PlainDict = {};
    for (let line = this.#lines[this.#at]; line !== undefined; line = this.#lines[this.#at]) {
      if (line.indent < indent) break;
      const match = line.indent === indent ? keyForm.exec(line.content) : null;
      if (match === null) {
        // The list of a parent may stand in its column.
        if (line.indent === indent && isEntry(line.content)) break;
        throw givesUp;
      }
      const key = match[1] ?? '';
      if (Object.hasOwn(out, key) || key === '__proto__' || typeof resolvePlain(key) !== 'string')
        throw givesUp;
      this.#at += 1;
      out[key] = this.#value(line.content.slice(match[0].length), indent, true);
    }
    return out;
  }

  #list(indent: number): unknown[] {
    const out: unknown[] = [];
    for (let line = this.#lines[this.#at]; line !== undefined; line = this.#lines[this.#at]) {
      if (line.indent !== indent || !isEntry(line.content)) {
        if (line.indent > indent) throw givesUp;
        break;
      }
      let start = 1;
      while (line.content.charCodeAt(start) === 32) start += 1;
      const rest = line.content.slice(start);
      if (keyForm.test(rest)) {
        // `- name: x`: the mapping's first key stands in the entry's own line.
        line.indent = indent + start;
        line.content = rest;
        out.push(this.#mapping(line.indent));
      } else {
        this.#at += 1;
        out.push(this.#value(rest, indent, false));
      }
    }
    return out;
  }

  /** What stands behind a key or a dash in column `indent`: in its line, or in the lines below. */
  #value(rest: string, indent: number, isKey: boolean): unknown {
    const next = this.#lines[this.#at];
    if (rest === '' || rest.startsWith('#')) {
      if (next === undefined || next.indent < indent) return null;
      if (next.indent === indent) return isKey && isEntry(next.content) ? this.#list(indent) : null;
      return isEntry(next.content) ? this.#list(next.indent) : this.#mapping(next.indent);
    }
    // A deeper line would go on with this text.
    if (next !== undefined && next.indent > indent) throw givesUp;
    const reader = new InlineReader(rest);
    const value = reader.value(false);
    reader.expectEnd();
    return value;
  }
}

function isEntry(content: string): boolean {
  return content === '-' || content.startsWith('- ');
}

/** Texts and flow collections within one line. */
class InlineReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  value(inFlow: boolean): unknown {
    switch (this.#text[this.#at]) {
      case '"':
        return this.#quoted(doubleQuoted);
      case "'":
        return this.#quoted(singleQuoted).replaceAll("''", "'");
      case '[':
        return this.#flowList();
      case '{':
        return this.#flowMapping();
      default:
        return this.#plain(inFlow);
    }
  }

  /** Nothing may follow but a comment. */
  expectEnd(): void {
    const rest = this.#text.slice(this.#at);
    if (rest !== '' && !/^ +#/.test(rest)) throw givesUp;
  }

  #quoted(form: RegExp): string {
    form.lastIndex = this.#at;
    const match = form.exec(this.#text);
    if (match === null) throw givesUp;
    this.#at = form.lastIndex;
    return match[1] ?? '';
  }

  #plain(inFlow: boolean): unknown {
    const form = inFlow ? flowPlain : blockPlain;
    form.lastIndex = this.#at;
    const match = form.exec(this.#text);
    if (match === null) throw givesUp;
    this.#at = form.lastIndex;
    const text = match[0];
    // `a: b`, `a:` and `- a` mean more than text; `[a:b]` differs between readers.
    if (/:(?: |$)|^[-?:](?: |$)/.test(text) || (inFlow && text.includes(':'))) throw givesUp;
    const value = resolvePlain(text);
    if (value === undefined) throw givesUp;
    return value;
  }

  #flowList(): unknown[] {
    const out: unknown[] = [];
    this.#at += 1;
    this.#skipSpaces();
    while (this.#text[this.#at] !== ']') {
      out.push(this.value(true));
      this.#endOfItem(']');
    }
    this.#at += 1;
    return out;
  }

  #flowMapping(): PlainDict {
    const out: PlainDict = {};
    this.#at += 1;
    this.#skipSpaces();
    while (this.#text[this.#at] !== '}') {
      flowKey.lastIndex = this.#at;
      const match = flowKey.exec(this.#text);
      const key = match?.[1] ?? '';
      if (
        match === null ||
        Object.hasOwn(out, key) ||
        key === '__proto__' ||
        typeof resolvePlain(key) !== 'string'
      ) {
        throw givesUp;
      }
      this.#at = flowKey.lastIndex;
      out[key] = this.value(true);
      this.#endOfItem('}');
    }
    this.#at += 1;
    return out;
  }

  /** After an item: a comma and another item, or the end. */
  #endOfItem(end: string): void {
    this.#skipSpaces();
    if (this.#text[this.#at] === end) return;
    if (this.#text[this.#at] !== ',') throw givesUp;
    this.#at += 1;
    this.#skipSpaces();
    if (this.#text[this.#at] === end) throw givesUp;
  }

  #skipSpaces(): void {
    while (this.#text.charCodeAt(this.#at) === 32) this.#at += 1;
  }
}

const doubleQuoted = /"([^"\\]*)"/y;
const singleQuoted = /'((?:[^']|'')*)'/y;
/** Up to a comment or the line's end; not what begins with a character that has a meaning. */
const blockPlain = /[^\s,[\]{}#&*!|>'"%@`](?:[^#]|(?<=[^ ])#)*?(?=$| +#)/y;
const flowPlain = /[^\s,[\]{}#&*!|>'"%@`?-](?:[^,[\]{}#])*?(?= *[,\]}])/y;
const flowKey = /([A-Za-z_+][A-Za-z0-9_.+-]*): +/y;
