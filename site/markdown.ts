/** Descriptions: Markdown, and of HTML only what can't do anything. */
import DOMPurify from 'dompurify';
import { Marked } from 'marked';
import { nodeHref } from './project.ts';

const marked = new Marked({ gfm: true, breaks: false });

/** `text` as an element. Scripts, handlers, frames and forms are gone; links to dbt's own pages lead to ours. */
export function markdown(text: string, tag: 'div' | 'span' = 'div'): HTMLElement {
  const element = document.createElement(tag);
  element.className = tag === 'div' ? 'prose' : 'prose inline';
  const html =
    tag === 'div' ? marked.parse(text, { async: false }) : marked.parseInline(text, { async: false });
  element.append(
    DOMPurify.sanitize(html, {
      RETURN_DOM_FRAGMENT: true,
      FORBID_TAGS: ['style', 'form', 'input', 'button', 'textarea', 'select', 'iframe', 'object', 'embed'],
      FORBID_ATTR: ['style', 'id', 'name'],
    }),
  );
  for (const link of element.querySelectorAll('a')) settle(link);
  for (const image of element.querySelectorAll('img')) image.loading = 'lazy';
  return element;
}

/** The words of a description, for one line. */
export function plainText(text: string): string {
  return (markdown(text).textContent ?? '').replace(/\s+/g, ' ').trim();
}

function settle(link: HTMLAnchorElement): void {
  const href = link.getAttribute('href') ?? '';
  const [, id] = /^#!\/\w+\/([^?#]+)/.exec(href) ?? [];
  if (id !== undefined) link.setAttribute('href', nodeHref(decodeURIComponent(id)));
  else if (!href.startsWith('#')) {
    link.target = '_blank';
    link.rel = 'noopener noreferrer';
  }
}
