/** `urlize`: addresses in a text become links. */
import { escapeHtml } from '../values/safe-text.ts';

const address = /^(?:https?:\/\/|www\.)\S+$/i;
const domain = /^[^\s@/<>&:]+\.(?:com|net|int|edu|gov|org|info|mil)$/i;
const mail = /^\S+@[\w-]+(?:\.[\w-]+)+$/;

/** `text` as HTML with its addresses linked. */
export function urlize(
  text: string,
  limit: number | undefined,
  nofollow: boolean,
  target: string | undefined,
  rel: string | undefined,
): string {
  const rels = new Set(
    [...(rel?.split(/\s+/) ?? []), ...(nofollow ? ['nofollow'] : []), 'noopener'].filter((r) => r !== ''),
  );
  const attributes = ` rel="${escapeHtml([...rels].sort().join(' '))}"${target === undefined ? '' : ` target="${escapeHtml(target)}"`}`;
  const shorten = (url: string): string =>
    limit !== undefined && url.length > limit ? `${url.slice(0, limit)}...` : url;
  return escapeHtml(text)
    .split(/(\s+)/)
    .map((word) => linkWord(word, attributes, shorten))
    .join('');
}

function linkWord(word: string, attributes: string, shorten: (url: string) => string): string {
  const [, head = '', rest = ''] = /^((?:[(<]|&lt;)*)([\s\S]*)$/.exec(word) ?? [];
  const [, middle = '', tail = ''] = /^([\s\S]*?)((?:[)>.,\n]|&gt;)*)$/.exec(rest) ?? [];
  let linked = middle;
  if (address.test(middle)) {
    const href = /^https?:/i.test(middle) ? middle : `https://${middle}`;
    linked = `<a href="${href}"${attributes}>${shorten(middle)}</a>`;
  } else if (middle.startsWith('mailto:') && mail.test(middle.slice(7))) {
    linked = `<a href="${middle}">${middle.slice(7)}</a>`;
  } else if (mail.test(middle) && !middle.includes(':') && !middle.startsWith('www.')) {
    linked = `<a href="mailto:${middle}">${middle}</a>`;
  } else if (domain.test(middle)) {
    linked = `<a href="https://${middle}"${attributes}>${shorten(middle)}</a>`;
  }
  return head + linked + tail;
}
