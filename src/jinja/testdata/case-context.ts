/** What the templates of the corpus are rendered with, on both sides: plain JSON. */
export const caseContext: Readonly<Record<string, unknown>> = {
  n: 7,
  f: 2.5,
  big: 9007199254740991,
  words: ['apple', 'pear', 'fig'],
  user: { name: 'Ada', age: 36, email: 'ada@example.com' },
  people: [
    { name: 'Bo', age: 30, city: 'Oslo', tags: ['x', 'y'] },
    { name: 'Al', age: 25, tags: [] },
    { name: 'Cy', age: 30, city: 'Rome', tags: ['z'] },
  ],
  tree: [
    {
      name: 'a',
      children: [
        { name: 'b', children: [] },
        { name: 'c', children: [{ name: 'd' }] },
      ],
    },
    { name: 'e' },
  ],
  nested: { a: { b: { c: 'deep' }, list: [1, { x: 'y' }] } },
};
