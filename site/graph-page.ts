/** The lineage page: the whole project or what is asked for, in dbt's selection syntax. */
import { h } from './dom.ts';
import { graphView } from './graph.ts';
import { isInLineage, nodeHref, type Project, typeName } from './project.ts';
import { selectNodes } from './selection.ts';

/** The page for `#/graph?select=…&exclude=…`. */
export function graphPage(project: Project, query: URLSearchParams): HTMLElement {
  const select = query.get('select') ?? '';
  const exclude = query.get('exclude') ?? '';
  const ids = selectNodes(project, select, exclude);
  const field = (name: string, label: string, value: string, placeholder: string): HTMLInputElement =>
    h('input', { name, 'aria-label': label, value, placeholder, spellcheck: 'false', autocomplete: 'off' });
  const selectField = field('select', 'Select', select, 'Select:  +orders+  tag:daily  source:raw+');
  const excludeField = field('exclude', 'Exclude', exclude, 'Exclude');
  const picked = h('div', { class: 'picked-line', 'aria-live': 'polite' });
  const show = (id: string | undefined): void => {
    const node = id === undefined ? undefined : project.nodes.get(id);
    if (node === undefined)
      picked.replaceChildren(
        h('span', { class: 'dim' }, 'Click a node to see where it belongs; click again to open it.'),
      );
    else {
      const name = nameFor(node.id);
      picked.replaceChildren(
        h('strong', {}, node.label),
        h('span', { class: 'dim' }, ` ${typeName(node.type).toLowerCase()} `),
        h('a', { href: nodeHref(node.id) }, 'Open'),
        ' · ',
        h('a', { href: graphHref(`+${name}`) }, 'What it comes from'),
        ' · ',
        h('a', { href: graphHref(`${name}+`) }, 'What comes from it'),
        ' · ',
        h('a', { href: graphHref(`+${name}+`) }, 'Both'),
      );
    }
  };
  show(undefined);
  const graph = graphView(project, ids, { onPick: show, focus: focusOf(select, ids) });
  graph.classList.add('whole');
  const all = project.data.nodes.filter((node) => isInLineage(node) && node.isShown).length;
  return h(
    'div',
    { class: 'graph-page' },
    h(
      'form',
      {
        class: 'graph-form',
        onsubmit: (event: Event) => {
          event.preventDefault();
          location.hash = graphHref(selectField.value, excludeField.value);
        },
      },
      h('h1', { class: 'hidden' }, 'Lineage'),
      selectField,
      excludeField,
      h('button', { type: 'submit', class: 'primary' }, 'Show'),
      h('span', { class: 'dim count' }, `${ids.size} of ${all}`),
    ),
    graph,
    picked,
  );
}

/** The address of the lineage of a selection. */
export function graphHref(select: string, exclude = ''): string {
  const query = new URLSearchParams();
  if (select !== '') query.set('select', select);
  if (exclude !== '') query.set('exclude', exclude);
  return `#/graph?${query}`;
}

/** How a node is named in a selection, so that nothing else is meant. */
export function nameFor(id: string): string {
  const [type = '', , ...rest] = id.split('.');
  const name = rest.join('.');
  return ['source', 'exposure', 'metric', 'semantic_model', 'saved_query'].includes(type)
    ? `${type}:${name}`
    : id;
}

function focusOf(select: string, ids: ReadonlySet<string>): string | undefined {
  const name = select
    .trim()
    .replace(/^@|^\d*\+|\+\d*$/g, '')
    .replace(/\+\d*$/, '');
  return [...ids].find((id) => id === name || nameFor(id) === name || id.split('.').at(-1) === name);
}
