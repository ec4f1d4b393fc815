/** The first page: what the project says of itself, what it has, and what it feeds. */
import { h } from './dom.ts';
import { graphView } from './graph.ts';
import { graphHref } from './graph-page.ts';
import { markdown, plainText } from './markdown.ts';
import { nodeHref, type Project, type SiteNode, typeName, typeNames } from './project.ts';
import { selectNodes } from './selection.ts';

/** The page for `#/`, or for a package with `#/package/…`. */
export function overviewPage(project: Project, packageName?: string): HTMLElement {
  const { data } = project;
  const own = data.nodes.filter((node) => packageName === undefined || node.package === packageName);
  const counts = Object.keys(typeNames).flatMap((type) => {
    const many = own.filter((node) => node.type === type).length;
    return many === 0 ? [] : [{ type, many }];
  });
  const text = packageName === undefined ? data.overview : (data.packageOverviews[packageName] ?? '');
  const whole = packageName === undefined ? selectNodes(project, '') : new Set<string>();
  return h(
    'article',
    {},
    text.trimStart().startsWith('#') ? false : h('h1', {}, packageName ?? data.project),
    h(
      'ul',
      { class: 'counts' },
      counts.map(({ type, many }) =>
        h(
          'li',
          {},
          h(
            'a',
            { href: `#/list/${type}` },
            h('strong', {}, many.toLocaleString('en')),
            ` ${typeName(type, many).toLowerCase()}`,
          ),
        ),
      ),
    ),
    text === '' ? false : markdown(text),
    whole.size < 2 || whole.size > 150 ? false : small(project, whole),
    cards(
      'Exposures',
      own.filter(({ type }) => type === 'exposure'),
    ),
    cards(
      'Metrics',
      own.filter(({ type }) => type === 'metric'),
    ),
    h('p', { class: 'dim footnote' }, `Written ${data.generatedAt.slice(0, 16).replace('T', ' ')} UTC.`),
  );
}

/** The page for `#/list/model`: all of one type. */
export function listPage(project: Project, type: string): HTMLElement {
  const nodes = project.data.nodes.filter((node) => node.type === type && node.isShown);
  return h(
    'article',
    {},
    h('h1', {}, typeName(type, 2), h('span', { class: 'dim count' }, nodes.length.toLocaleString('en'))),
    h(
      'ul',
      { class: 'list' },
      nodes
        .toSorted((a, b) => (a.label < b.label ? -1 : 1))
        .map((node) =>
          h(
            'li',
            {},
            h('a', { href: nodeHref(node.id) }, node.label),
            node.description === '' ? false : h('span', { class: 'dim' }, shortened(node)),
          ),
        ),
    ),
  );
}

function small(project: Project, ids: ReadonlySet<string>): HTMLElement {
  const graph = graphView(project, ids);
  graph.classList.add('small');
  return h(
    'section',
    {},
    h('h2', {}, 'Lineage', h('a', { class: 'more', href: graphHref('') }, 'Larger')),
    graph,
  );
}

function cards(title: string, nodes: readonly SiteNode[]): HTMLElement | false {
  if (nodes.length === 0) return false;
  return h(
    'section',
    {},
    h('h2', {}, title),
    h(
      'ul',
      { class: 'cards' },
      nodes
        .slice(0, 60)
        .map((node) =>
          h(
            'li',
            {},
            h('a', { href: nodeHref(node.id) }, node.label),
            h('p', { class: 'dim' }, shortened(node)),
          ),
        ),
    ),
  );
}

/** Markup costs time: of thousands of descriptions only the beginning is read. */
function shortened(node: SiteNode): string {
  const text = plainText(node.description.slice(0, 300));
  return text.length > 140 ? `${text.slice(0, 139)}…` : text;
}
