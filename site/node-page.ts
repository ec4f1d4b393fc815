/** A node's page: what it is, its columns, its code, and who needs whom. */
import { codeBlock } from './code.ts';
import { h } from './dom.ts';
import { graphView } from './graph.ts';
import { graphHref, nameFor } from './graph-page.ts';
import { markdown } from './markdown.ts';
import {
  isInLineage,
  nodeHref,
  type Project,
  type SiteColumn,
  type SiteNode,
  typeName,
  typeNames,
} from './project.ts';
import { walk } from './selection.ts';

/** The page of `id`. */
export function nodePage(project: Project, id: string): HTMLElement {
  const node = project.nodes.get(id);
  if (node === undefined) {
    return h('article', {}, h('h1', {}, 'Not here'), h('p', {}, `There is no ${id} in this project.`));
  }
  const tests = project.tests.get(id) ?? [];
  const members = node.type === 'group' ? project.data.nodes.filter(({ group }) => group === node.label) : [];
  const readers = (project.children.get(id) ?? []).flatMap((child) => project.nodes.get(child) ?? []);
  return h(
    'article',
    {},
    heading(project, node),
    node.description === '' ? false : h('div', { class: 'lead' }, markdown(node.description)),
    facts(project, node),
    node.arguments === undefined ? false : section('Arguments', argumentsTable(node)),
    node.columns === undefined
      ? false
      : section('Columns', columnsTable(project, node, tests), node.columns.length),
    constraints(node),
    lineage(project, node),
    tests.length === 0 ? false : section('Tests', testList(tests), tests.length),
    members.length === 0 ? false : section('Members', byType(members)),
    relations(
      'Depends on',
      node.parents.flatMap((parent) => project.nodes.get(parent) ?? []),
    ),
    relations(
      'Referenced by',
      readers.filter(({ type }) => type !== 'test' && type !== 'unit_test'),
    ),
    code(node),
  );
}

function heading(project: Project, node: SiteNode): HTMLElement {
  const folders = [node.package, ...node.path.split('/').filter(Boolean)].join(' / ');
  return h(
    'header',
    { class: 'node-head' },
    h('p', { class: 'crumbs' }, folders),
    h(
      'h1',
      {},
      node.label,
      h('span', { class: `badge k-${node.type}` }, typeName(node.type)),
      node.isContracted === true ? h('span', { class: 'badge plain' }, 'Contract') : false,
      node.access === undefined || node.access === 'protected'
        ? false
        : h('span', { class: 'badge plain' }, node.access === 'public' ? 'Public' : 'Private'),
    ),
    node.tags.length === 0
      ? false
      : h(
          'p',
          { class: 'tags' },
          node.tags.map((tag) => h('a', { class: 'tag', href: graphHref(`tag:${tag}`) }, tag)),
        ),
    node.deprecationDate === undefined
      ? false
      : h('p', { class: 'notice' }, `Deprecated from ${node.deprecationDate.slice(0, 10)} on.`),
    node.version !== undefined && node.latestVersion !== undefined && node.version !== node.latestVersion
      ? h('p', { class: 'notice' }, `Version ${node.version}; the latest is ${latestLink(project, node)}.`)
      : false,
  );
}

function latestLink(project: Project, node: SiteNode): string {
  const latest = project.nodes.get(node.id.replace(/\.v[^.]+$/, `.v${node.latestVersion}`));
  return latest?.label ?? `v${node.latestVersion}`;
}

function facts(project: Project, node: SiteNode): HTMLElement {
  const owner = Object.entries(node.owner ?? {}).filter(([, value]) => value !== null && value !== undefined);
  const group =
    node.group === undefined
      ? undefined
      : project.data.nodes.find(({ type, label }) => type === 'group' && label === node.group);
  const rows: (readonly [string, string | Node])[] = [
    ...(node.relation === undefined ? [] : [['Relation', h('code', {}, node.relation)] as const]),
    ...(node.materialized === undefined ? [] : [['Materialized', node.materialized] as const]),
    ...(node.relationType === undefined
      ? []
      : [['In the target', node.relationType === 'VIEW' ? 'View' : 'Table'] as const]),
    ...(node.testOf === undefined ? [] : [['Tests', linkTo(project, node.testOf, node.testColumn)] as const]),
    ...(node.group === undefined
      ? []
      : [
          [
            'Group',
            group === undefined ? node.group : h('a', { href: nodeHref(group.id) }, node.group),
          ] as const,
        ]),
    ...owner.map(([name, value]) => [name === 'name' ? 'Owner' : `Owner’s ${name}`, text(value)] as const),
    ...(node.facts ?? []).map(([name, value]) => [name, value] as const),
    ...(node.url === undefined || !/^https?:\/\//i.test(node.url)
      ? []
      : [
          [
            'Address',
            h('a', { href: node.url, target: '_blank', rel: 'noopener noreferrer' }, node.url),
          ] as const,
        ]),
    ...(node.version === undefined ? [] : [['Version', node.version] as const]),
    ...(node.stats ?? []).map(({ label, value }) => [label, value] as const),
    ...Object.entries(node.meta)
      .filter(([name]) => name !== 'boathouse')
      .map(([name, value]) => [name, text(value)] as const),
    ...(node.language === undefined ||
    node.language === 'sql' ||
    node.language === 'json' ||
    node.language === 'jinja'
      ? []
      : [['Language', node.language] as const]),
    ...(node.path === '' ? [] : [['File', h('code', {}, node.path)] as const]),
  ];
  return h(
    'dl',
    { class: 'facts' },
    rows.map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value))),
  );
}

function linkTo(project: Project, id: string, column?: string): Node {
  const node = project.nodes.get(id);
  if (node === undefined) return document.createTextNode(id);
  return h(
    'span',
    {},
    h('a', { href: nodeHref(id) }, node.label),
    column === undefined ? false : [' · ', h('code', {}, column)],
  );
}

function text(value: unknown): string {
  return typeof value === 'string'
    ? value
    : Array.isArray(value) && value.every((one) => typeof one === 'string')
      ? value.join(', ')
      : JSON.stringify(value);
}

function section(title: string, body: HTMLElement, count?: number): HTMLElement {
  return h(
    'section',
    {},
    h(
      'h2',
      { id: title.toLowerCase().replaceAll(' ', '-') },
      title,
      count === undefined ? false : h('span', { class: 'dim count' }, count),
    ),
    body,
  );
}

function columnsTable(project: Project, node: SiteNode, tests: readonly SiteNode[]): HTMLElement {
  const head = ['Name', 'Type', 'Description', 'Tests'].map((title) => h('th', { scope: 'col' }, title));
  return h(
    'div',
    { class: 'table-frame' },
    h(
      'table',
      {},
      h('thead', {}, h('tr', {}, head)),
      h(
        'tbody',
        {},
        (node.columns ?? []).map((column) => columnRow(project, column, tests)),
      ),
    ),
  );
}

function columnRow(project: Project, column: SiteColumn, tests: readonly SiteNode[]): HTMLElement {
  const own = tests.filter(({ testColumn }) => testColumn?.toLowerCase() === column.name.toLowerCase());
  const lineage = column.lineage ?? [];
  return h(
    'tr',
    { id: `column-${column.name}` },
    h(
      'td',
      { class: 'column-name' },
      h('code', {}, column.name),
      (column.tags ?? []).map((tag) => [' ', h('span', { class: 'tag' }, tag)]),
    ),
    h('td', { class: 'column-type' }, h('code', {}, column.type)),
    h(
      'td',
      { class: 'column-text' },
      column.description === '' ? false : markdown(column.description),
      (column.constraints ?? []).map((constraint) => h('span', { class: 'chip' }, constraint)),
      lineage.length === 0
        ? false
        : h(
            'p',
            { class: 'from' },
            'from ',
            lineage.flatMap((one, i) => [i > 0 ? ', ' : '', linkTo(project, one.id, one.column)]),
          ),
    ),
    h(
      'td',
      { class: 'column-tests' },
      own.map((test) =>
        h('a', { class: 'chip', href: nodeHref(test.id), title: test.label }, shortTest(test)),
      ),
    ),
  );
}

/** `unique` rather than `unique_orders_order_id`. */
function shortTest(test: SiteNode): string {
  return test.facts?.find(([name]) => name === 'Test')?.[1] ?? test.label;
}

function argumentsTable(node: SiteNode): HTMLElement {
  return h(
    'div',
    { class: 'table-frame' },
    h(
      'table',
      {},
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          ['Name', 'Type', 'Description'].map((title) => h('th', { scope: 'col' }, title)),
        ),
      ),
      h(
        'tbody',
        {},
        (node.arguments ?? []).map(({ name, type, description }) =>
          h(
            'tr',
            {},
            h('td', {}, h('code', {}, name)),
            h('td', {}, h('code', {}, type)),
            h('td', {}, markdown(description)),
          ),
        ),
      ),
    ),
  );
}

function constraints(node: SiteNode): HTMLElement | false {
  if (node.constraints === undefined) return false;
  return section(
    'Constraints',
    h(
      'p',
      { class: 'chips' },
      node.constraints.map((one) => h('code', { class: 'chip' }, one)),
    ),
  );
}

function lineage(project: Project, node: SiteNode): HTMLElement | false {
  if (!isInLineage(node)) return false;
  const shown = (ids: readonly string[]): readonly string[] =>
    ids.filter((id) => {
      const other = project.nodes.get(id);
      return other !== undefined && isInLineage(other) && other.isShown;
    });
  const up = (id: string): readonly string[] => shown(project.nodes.get(id)?.parents ?? []);
  const down = (id: string): readonly string[] => shown(project.children.get(id) ?? []);
  let ids = new Set([...walk([node.id], up, 2), ...walk([node.id], down, 2)]);
  if (ids.size > 80) ids = new Set([...walk([node.id], up, 1), ...walk([node.id], down, 1)]);
  if (ids.size > 120) ids = new Set([...ids].slice(0, 120));
  if (ids.size < 2) return false;
  const graph = graphView(project, ids, { focus: node.id });
  graph.classList.add('small');
  return h(
    'section',
    {},
    h(
      'h2',
      {},
      'Lineage',
      h('a', { class: 'more', href: graphHref(`+${nameFor(node.id)}+`) }, 'Whole lineage'),
    ),
    graph,
  );
}

function testList(tests: readonly SiteNode[]): HTMLElement {
  return h(
    'ul',
    { class: 'links' },
    tests.map((test) =>
      h(
        'li',
        {},
        h('a', { href: nodeHref(test.id) }, test.label),
        test.type === 'unit_test' ? h('span', { class: 'dim' }, ' unit test') : false,
      ),
    ),
  );
}

function relations(title: string, nodes: readonly SiteNode[]): HTMLElement | false {
  return nodes.length === 0 ? false : section(title, byType(nodes), nodes.length);
}

function byType(nodes: readonly SiteNode[]): HTMLElement {
  const groups = Object.keys(typeNames).flatMap((type) => {
    const some = nodes.filter((node) => node.type === type);
    return some.length === 0 ? [] : [{ type, some }];
  });
  return h(
    'div',
    { class: 'by-type' },
    groups.map(({ type, some }) =>
      h(
        'div',
        {},
        h('h3', {}, typeName(type, some.length)),
        h(
          'ul',
          { class: 'links' },
          some.map((node) => h('li', {}, h('a', { href: nodeHref(node.id) }, node.label))),
        ),
      ),
    ),
  );
}

function code(node: SiteNode): HTMLElement | false {
  const views: (readonly [string, string])[] = [];
  if (node.raw !== undefined) views.push([node.language === 'json' ? 'Definition' : 'Source', node.raw]);
  if (node.compiled !== undefined) views.push(['Compiled', node.compiled]);
  if (views.length === 0) return false;
  const body = h('div', {}, codeBlock(views[0]![1]));
  const tabs = views.map(([name, text], i) =>
    h(
      'button',
      {
        type: 'button',
        role: 'tab',
        'aria-selected': i === 0 ? 'true' : 'false',
        onclick: () => {
          body.replaceChildren(codeBlock(text));
          for (const [j, tab] of tabs.entries())
            tab.setAttribute('aria-selected', j === i ? 'true' : 'false');
        },
      },
      name,
    ),
  );
  return h('section', {}, h('h2', {}, 'Code', h('span', { class: 'tabs', role: 'tablist' }, tabs)), body);
}
