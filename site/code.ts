/** Code with its words in colours. Text in, text nodes out. */
import { h } from './dom.ts';

const keywords = new Set(
  (
    'select from where group by order having limit offset join left right inner outer full cross asof lateral on using ' +
    'union all intersect except distinct as and or not in is null case when then else end with recursive over partition ' +
    'rows range between exists like ilike cast create replace table view insert into update delete set values true false ' +
    'qualify window filter exclude pivot unpivot asc desc interval nulls first last any some def return import function ' +
    'const let export async await for if elif endif endfor set endset macro endmacro do call endcall block test endtest ' +
    'snapshot endsnapshot materialization endmaterialization class type interface'
  ).split(' '),
);

const token =
  /(\{#[\s\S]*?#\}|--[^\n]*|\/\*[\s\S]*?\*\/)|(\{\{-?|-?\}\}|\{%-?|-?%\})|('(?:[^'\\]|''|\\.)*'|"(?:[^"\\]|\\.)*")|(\b\d+(?:\.\d+)?\b)|([A-Za-z_]\w*)|([\s\S])/g;

/** A block of code with line numbers and a button that copies it. */
export function codeBlock(code: string): HTMLElement {
  const text = code.replace(/^\n+|\s+$/g, '');
  const lines = text.split('\n').length;
  const numbers = Array.from({ length: lines }, (_, i) => i + 1).join('\n');
  const copy = h('button', { class: 'copy', type: 'button', onclick: () => copyText(text, copy) }, 'Copy');
  return h(
    'div',
    { class: 'code' },
    copy,
    h('pre', { class: 'numbers', 'aria-hidden': 'true' }, numbers),
    h('pre', { class: 'text', tabindex: 0 }, h('code', {}, coloured(text))),
  );
}

function coloured(text: string): DocumentFragment {
  const out = document.createDocumentFragment();
  // A page isn't worth minutes: what is generated and huge stays plain.
  if (text.length > 300_000) {
    out.append(text);
    return out;
  }
  let plain = '';
  const flush = (): void => {
    if (plain !== '') out.append(plain);
    plain = '';
  };
  for (const [whole, comment, jinja, string, number, word] of text.matchAll(token)) {
    const kind =
      comment !== undefined
        ? 'comment'
        : jinja !== undefined
          ? 'jinja'
          : string !== undefined
            ? 'string'
            : number !== undefined
              ? 'number'
              : word !== undefined && keywords.has(word.toLowerCase())
                ? 'keyword'
                : word === 'ref' || word === 'source' || word === 'config' || word === 'this'
                  ? 'jinja'
                  : undefined;
    if (kind === undefined) plain += whole;
    else {
      flush();
      out.append(h('span', { class: `t-${kind}` }, whole));
    }
  }
  flush();
  return out;
}

async function copyText(text: string, button: HTMLButtonElement): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = 'Copied';
  } catch {
    button.textContent = 'Can’t copy here';
  }
  setTimeout(() => {
    button.textContent = 'Copy';
  }, 1500);
}
