/** The page: header, trees at the side, and the page that the address names. */
import { h } from './dom.ts';
import { graphPage } from './graph-page.ts';
import { nodePage } from './node-page.ts';
import { listPage, overviewPage } from './overview-page.ts';
import { nodeHref, type Project, readProject, typeName } from './project.ts';
import { makeSearch } from './search.ts';
import { databaseTree, projectTree, type Tree } from './tree.ts';

const app = document.getElementById('app')!;
readProject().then(start, (error: unknown) => {
  app.replaceChildren(
    h(
      'p',
      { class: 'failure' },
      'This page can’t read its data: ',
      String(error),
      '. A browser of 2023 or later is needed.',
    ),
  );
});

function start(project: Project): void {
  document.title = project.data.project;
  const main = h('main', { id: 'main', tabindex: -1 });
  const trees: Readonly<Record<string, Tree>> = {
    Project: projectTree(project),
    Database: databaseTree(project),
  };
  const side = sidebar(trees);
  const menu = h(
    'button',
    {
      class: 'menu',
      type: 'button',
      'aria-label': 'Contents',
      'aria-expanded': 'false',
      onclick: () => toggleSide(),
    },
    '☰',
  );
  const toggleSide = (open = !document.body.classList.contains('side-open')): void => {
    document.body.classList.toggle('side-open', open);
    menu.setAttribute('aria-expanded', String(open));
  };
  const search = searchBox(project);
  app.replaceChildren(
    h(
      'a',
      {
        class: 'skip',
        href: '#main',
        onclick: (event: Event) => {
          event.preventDefault();
          main.focus();
        },
      },
      'Skip to content',
    ),
    h(
      'header',
      { class: 'top' },
      menu,
      h('a', { class: 'brand', href: '#/' }, project.data.project),
      search.element,
      h('nav', {}, h('a', { href: '#/graph' }, 'Lineage')),
      h(
        'button',
        {
          class: 'theme',
          type: 'button',
          'aria-label': 'Dark or light',
          title: 'Dark or light (t)',
          onclick: switchTheme,
        },
        '◐',
      ),
    ),
    side,
    h('div', { class: 'shade', onclick: () => toggleSide(false) }),
    main,
  );
  const show = (): void => {
    const { page, id, title, isWide } = pageAt(project);
    main.replaceChildren(page);
    main.className = isWide ? 'wide' : '';
    main.scrollTop = 0;
    document.title = title === undefined ? project.data.project : `${title} · ${project.data.project}`;
    toggleSide(false);
    for (const tree of Object.values(trees)) tree.reveal(id);
  };
  window.addEventListener('hashchange', () => {
    show();
    search.close();
  });
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') toggleSide(false);
    if (isTyping(event)) return;
    if (event.key === '/') {
      event.preventDefault();
      search.focus();
    }
    if (event.key === 't') switchTheme();
    if (event.key === 'g') location.hash = '#/graph';
  });
  show();
}

interface Shown {
  readonly page: HTMLElement;
  readonly id?: string;
  readonly title?: string;
  readonly isWide?: boolean;
}

function pageAt(project: Project): Shown {
  const [path = '', query = ''] = location.hash.replace(/^#/, '').split('?', 2);
  // Links of dbt's own site name the same pages.
  const [, id] = /^!\/\w+\/(.+)/.exec(path) ?? /^\/node\/(.+)/.exec(path) ?? [];
  if (id !== undefined) {
    const node = decoded(id);
    return { page: nodePage(project, node), id: node, title: project.nodes.get(node)?.label ?? node };
  }
  if (path === '/graph')
    return { page: graphPage(project, new URLSearchParams(query)), title: 'Lineage', isWide: true };
  const [, type] = /^\/list\/(\w+)/.exec(path) ?? [];
  if (type !== undefined) return { page: listPage(project, type), title: typeName(type, 2) };
  const [, packageName] = /^\/package\/(.+)/.exec(path) ?? [];
  return { page: overviewPage(project, packageName === undefined ? undefined : decoded(packageName)) };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function isTyping({ target, ctrlKey, metaKey, altKey }: KeyboardEvent): boolean {
  return (
    ctrlKey ||
    metaKey ||
    altKey ||
    (target instanceof HTMLElement && /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}

function sidebar(trees: Readonly<Record<string, Tree>>): HTMLElement {
  const body = h('div', { class: 'side-body' });
  const names = Object.keys(trees);
  const tabs = names.map((name) =>
    h('button', { type: 'button', role: 'tab', onclick: () => choose(name) }, name),
  );
  const choose = (name: string): void => {
    body.replaceChildren(trees[name]!.element);
    for (const [i, tab] of tabs.entries()) tab.setAttribute('aria-selected', String(names[i] === name));
  };
  choose(names[0]!);
  return h(
    'aside',
    { class: 'side', 'aria-label': 'Contents' },
    h('div', { class: 'tabs', role: 'tablist' }, tabs),
    body,
  );
}

/** A box whose answers come while one types; arrows and Enter choose among them. */
function searchBox(project: Project): { element: HTMLElement; focus: () => void; close: () => void } {
  let find: ReturnType<typeof makeSearch> | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let answered = '';
  const input = h('input', {
    type: 'search',
    placeholder: innerWidth < 640 ? 'Search' : 'Search names, columns, descriptions, code',
    'aria-label': 'Search',
    role: 'combobox',
    'aria-expanded': 'false',
    'aria-controls': 'results',
    autocomplete: 'off',
    spellcheck: 'false',
  });
  const results = h('ul', { class: 'results', id: 'results', role: 'listbox', hidden: true });
  const close = (): void => {
    results.hidden = true;
    input.setAttribute('aria-expanded', 'false');
  };
  const show = (): void => {
    find ??= makeSearch(project);
    answered = input.value;
    const hits = find(input.value, 40);
    results.replaceChildren(
      ...hits.map(({ node, where, excerpt }, i) =>
        h(
          'li',
          { role: 'option', 'aria-selected': i === 0 ? 'true' : 'false' },
          h(
            'a',
            { href: nodeHref(node.id), tabindex: -1, onclick: close },
            h(
              'span',
              { class: 'hit-name' },
              h('i', { class: `dot k-${node.type}` }),
              node.label,
              h('span', { class: 'dim' }, ` ${typeName(node.type).toLowerCase()}`),
            ),
            where === '' ? false : h('span', { class: 'hit-where' }, `${where}: `, h('span', {}, excerpt)),
          ),
        ),
      ),
    );
    if (hits.length === 0) results.append(h('li', { class: 'none' }, 'Nothing has these words.'));
    results.hidden = input.value.trim() === '';
    input.setAttribute('aria-expanded', String(!results.hidden));
  };
  input.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(show, project.data.nodes.length > 1500 ? 120 : 30);
  });
  input.addEventListener('focus', () => input.value.trim() !== '' && show());
  input.addEventListener('keydown', (event) => {
    // Whoever types fast and presses Enter means what is typed, not what was found before.
    if (event.key === 'Enter' && input.value !== answered) show();
    const options = [...results.querySelectorAll('[role=option]')];
    const at = options.findIndex((option) => option.getAttribute('aria-selected') === 'true');
    if (event.key === 'Escape') close();
    else if (event.key === 'Enter') {
      clearTimeout(timer);
      const chosen = (options[at] ?? results.querySelector('[role=option]'))?.querySelector('a');
      if (chosen) {
        location.hash = chosen.getAttribute('href')!;
        close();
        input.blur();
      }
    } else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      const next = options[at + (event.key === 'ArrowDown' ? 1 : -1)];
      if (next === undefined) return;
      options[at]?.setAttribute('aria-selected', 'false');
      next.setAttribute('aria-selected', 'true');
      next.scrollIntoView({ block: 'nearest' });
    }
  });
  document.addEventListener('pointerdown', (event) => {
    if (!element.contains(event.target as Node)) close();
  });
  const element = h('div', { class: 'search', role: 'search' }, input, results);
  return {
    element,
    close,
    focus: () => {
      input.focus();
      input.select();
    },
  };
}

/** What was chosen is remembered where the browser lets a page remember anything. */
function switchTheme(): void {
  const root = document.documentElement;
  const isDark =
    root.dataset['theme'] === undefined
      ? matchMedia('(prefers-color-scheme: dark)').matches
      : root.dataset['theme'] === 'dark';
  root.dataset['theme'] = isDark ? 'light' : 'dark';
  try {
    localStorage.setItem('boathouse-theme', root.dataset['theme']);
  } catch {
    // A page in a folder may have no storage.
  }
}

try {
  const theme = localStorage.getItem('boathouse-theme');
  if (theme === 'dark' || theme === 'light') document.documentElement.dataset['theme'] = theme;
} catch {
  // The system's choice stands.
}
