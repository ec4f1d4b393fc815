/** Finding things by any word: names first, then columns and tags, then descriptions, then code. */
import type { Project, SiteNode } from './project.ts';

/** One thing that was found. */
export interface Hit {
  readonly node: SiteNode;
  /** Where the words stand, when it isn't the name. */
  readonly where: string;
  /** Text around the first word. */
  readonly excerpt: string;
}

/** Between the items of a list that is searched as one text. */
const listMark = '\u0000';

interface Entry {
  readonly node: SiteNode;
  readonly name: string;
  readonly parts: readonly (readonly [where: string, text: string, weight: number])[];
}

/** A search over the project; building it costs one walk. */
export function makeSearch(project: Project): (question: string, max: number) => readonly Hit[] {
  const entries: Entry[] = project.data.nodes.map((node) => ({
    node,
    name: node.label.toLowerCase(),
    parts: [
      ['column', node.type === 'test' ? '' : (node.columns ?? []).map(({ name }) => name).join(listMark), 30],
      ['tag', node.tags.join(listMark), 30],
      ['path', node.path, 12],
      ['relation', node.relation ?? '', 12],
      ['description', node.description, 15],
      [
        'column description',
        (node.columns ?? [])
          .map(({ description }) => description)
          .filter(Boolean)
          .join(listMark),
        8,
      ],
      ['code', node.raw ?? '', 4],
    ],
  }));
  return (question, max) => {
    const words = question.toLowerCase().split(/\s+/).filter(Boolean);
    if (words.length === 0) return [];
    const hits: { readonly hit: Hit; readonly score: number }[] = [];
    for (const entry of entries) {
      const found = weigh(entry, words);
      if (found !== undefined) hits.push(found);
    }
    hits.sort((a, b) => b.score - a.score || (a.hit.node.label < b.hit.node.label ? -1 : 1));
    return hits.slice(0, max).map(({ hit }) => hit);
  };
}

/** Types that one rarely looks for stand behind those that one does. */
const typeWeights: Readonly<Record<string, number>> = { model: 2, source: 2, test: -60, unit_test: -60 };

/** Every word must stand somewhere; each counts where it counts most. */
function weigh(entry: Entry, words: readonly string[]): { hit: Hit; score: number } | undefined {
  let score = typeWeights[entry.node.type] ?? 0;
  let where = '';
  let excerpt = '';
  for (const word of words) {
    const at = entry.name.indexOf(word);
    if (at >= 0) {
      score += entry.name === word ? 100 : at === 0 ? 70 : /[_.\s]/.test(entry.name[at - 1] ?? '') ? 55 : 45;
      continue;
    }
    const part = entry.parts.find(([, text]) => text.toLowerCase().includes(word));
    if (part === undefined) return undefined;
    score += part[2];
    if (where !== '') continue;
    where = part[0];
    // Of a list, what has the word; of a text, what stands around it.
    const item = part[1].split(listMark).find((one) => one.toLowerCase().includes(word)) ?? '';
    excerpt = around(item, word);
  }
  return { hit: { node: entry.node, where, excerpt }, score };
}

function around(text: string, word: string): string {
  const at = text.toLowerCase().indexOf(word);
  const from = Math.max(0, at - 40);
  const cut = text.slice(from, at + word.length + 60).replace(/\s+/g, ' ');
  return `${from > 0 ? '…' : ''}${cut}${at + word.length + 60 < text.length ? '…' : ''}`;
}
