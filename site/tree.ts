/** The side: everything by folder, or by where it stands in the database. Folders are filled when they open. */
import { h } from './dom.ts';
import { nodeHref, type Project, type SiteNode, typeNames } from './project.ts';

interface Folder {
  readonly folders: Map<string, Folder>;
  readonly nodes: SiteNode[];
}

interface Look {
  readonly label: (node: SiteNode) => string;
  /** Names that stand first. */
  readonly first: readonly string[];
  /** The name that is open at each depth. */
  readonly opened: readonly string[];
}

/** A tree, and a way to show where a node is in it. */
export interface Tree {
  readonly element: HTMLElement;
  /** Opens the way to `id` and marks it. */
  reveal(id: string | undefined): void;
}

/** By package and folder; sources, exposures, metrics, macros and groups under their own words. */
export function projectTree(project: Project): Tree {
  return makeTree(
    project.data.nodes,
    (node) => {
      switch (node.type) {
        case 'test':
        case 'unit_test':
          return undefined;
        case 'source':
          return ['Sources', node.label.split('.')[0] ?? ''];
        case 'exposure':
        case 'metric':
        case 'semantic_model':
        case 'saved_query':
        case 'group':
          return [typeNames[node.type]?.[1] ?? node.type];
        case 'macro':
          return ['Macros', node.package];
        default:
          return [node.package, ...node.path.split('/').slice(0, -1)];
      }
    },
    {
      label: ({ label }) => label,
      // What one comes for is there at once; other packages and the rest are closed.
      first: [project.data.project, 'Sources', 'Exposures', 'Metrics'],
      opened: [project.data.project, 'models'],
    },
  );
}

/** By database and schema: what has a relation. */
export function databaseTree(project: Project): Tree {
  return makeTree(
    project.data.nodes,
    (node) =>
      node.relation === undefined || node.type === 'test'
        ? undefined
        : [node.database ?? '', node.schema ?? ''],
    { label: (node) => node.identifier ?? node.label, first: [], opened: [] },
  );
}

function makeTree(
  nodes: readonly SiteNode[],
  place: (node: SiteNode) => readonly string[] | undefined,
  look: Look,
): Tree {
  const root: Folder = { folders: new Map(), nodes: [] };
  const places = new Map<string, readonly string[]>();
  for (const node of nodes) {
    const path = node.isShown ? place(node) : undefined;
    if (path === undefined) continue;
    places.set(node.id, path);
    let at = root;
    for (const name of path) {
      let next = at.folders.get(name);
      if (next === undefined) {
        next = { folders: new Map(), nodes: [] };
        at.folders.set(name, next);
      }
      at = next;
    }
    at.nodes.push(node);
  }
  const element = h('div', { class: 'tree', onkeydown: moveByKeys }, listOf(root, look, 0));
  let marked: Element | undefined;
  return {
    element,
    reveal: (id) => {
      marked?.removeAttribute('aria-current');
      const path = id === undefined ? undefined : places.get(id);
      if (id === undefined || path === undefined) return;
      let at: Element = element;
      for (const name of path) {
        const folder = [...at.querySelectorAll(':scope > ul > li > details')].find(
          (one) => one.getAttribute('data-name') === name,
        );
        if (!(folder instanceof HTMLDetailsElement)) return;
        folder.dispatchEvent(new Event('fill'));
        folder.open = true;
        at = folder;
      }
      marked = [...at.querySelectorAll(':scope > ul > li > a')].find(
        (link) => link.getAttribute('href') === nodeHref(id),
      );
      marked?.setAttribute('aria-current', 'page');
      marked?.scrollIntoView({ block: 'nearest' });
    },
  };
}

function listOf(folder: Folder, look: Look, depth: number): HTMLElement {
  const byName = (a: string, b: string): number => (a.toLowerCase() < b.toLowerCase() ? -1 : 1);
  const place = (name: string): number => {
    const at = depth === 0 ? look.first.indexOf(name) : -1;
    return at < 0 ? look.first.length : at;
  };
  const { label } = look;
  const folders = [...folder.folders].sort(([a], [b]) => place(a) - place(b) || byName(a, b));
  return h(
    'ul',
    {},
    folders.map(([name, inner]) =>
      h(
        'li',
        {},
        folderOf(
          name,
          inner,
          look,
          depth,
          look.opened[depth] === name || (folders.length === 1 && depth < 2),
        ),
      ),
    ),
    folder.nodes
      .toSorted((a, b) => byName(label(a), label(b)))
      .map((node) =>
        h(
          'li',
          {},
          h(
            'a',
            { href: nodeHref(node.id), title: label(node) },
            h('i', { class: `dot k-${node.type}` }),
            label(node),
          ),
        ),
      ),
  );
}

function folderOf(name: string, inner: Folder, look: Look, depth: number, isOpen: boolean): HTMLElement {
  const fill = (): void => {
    if (details.childElementCount === 1) details.append(listOf(inner, look, depth + 1));
  };
  const details = h(
    'details',
    { 'data-name': name, ontoggle: () => details.open && fill(), onfill: fill },
    h('summary', {}, name, h('span', { class: 'dim count' }, countOf(inner))),
  );
  if (isOpen) {
    fill();
    details.open = true;
  }
  return details;
}

function countOf(folder: Folder): number {
  return [...folder.folders.values()].reduce((sum, inner) => sum + countOf(inner), folder.nodes.length);
}

/** Up and down through what is visible; right opens a folder, left closes it or goes to the one it is in. */
function moveByKeys(event: KeyboardEvent): void {
  const tree = event.currentTarget as HTMLElement;
  const at = document.activeElement;
  if (at === null || !['ArrowUp', 'ArrowDown', 'ArrowLeft', 'ArrowRight'].includes(event.key)) return;
  const folder = at.tagName === 'SUMMARY' ? (at.parentElement as HTMLDetailsElement) : undefined;
  event.preventDefault();
  if (event.key === 'ArrowRight' && folder?.open === false) {
    // A browser tells of the opening later, and the next key may come before.
    folder.dispatchEvent(new Event('fill'));
    folder.open = true;
    return;
  }
  if (event.key === 'ArrowLeft') {
    if (folder?.open === true) folder.open = false;
    else (at.closest('ul')?.closest('details')?.querySelector('summary') as HTMLElement | null)?.focus();
    return;
  }
  const items = [...tree.querySelectorAll<HTMLElement>('summary, a')].filter(
    (one) => one.offsetParent !== null,
  );
  items[items.indexOf(at as HTMLElement) + (event.key === 'ArrowUp' ? -1 : 1)]?.focus();
}
