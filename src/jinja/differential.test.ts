import { describe, expect, it } from 'vitest';
import { BoathouseError } from '../base/index.ts';
import { mapScope, parseTemplate, toValue, type Value } from './index.ts';
import { blockCases } from './testdata/block-cases.ts';
import { caseContext } from './testdata/case-context.ts';
import { filterCases } from './testdata/filter-cases.ts';
import { mutants } from './testdata/mutate.ts';
import { askPython, findPython, type PythonOutcome } from './testdata/python-jinja.ts';
import { sqlCases } from './testdata/sql-cases.ts';
import { valueCases } from './testdata/value-cases.ts';

const corpus = [...blockCases, ...filterCases, ...valueCases, ...sqlCases];
const mutantCount = 6000;
const python = findPython();
if ('missing' in python) console.log(`Not compared with Python's Jinja: ${python.missing}.`);

const fresh = () =>
  mapScope(new Map(Object.entries(caseContext).map(([k, v]): [string, Value] => [k, toValue(v)])));

/** Our rendering, by the synchronous and the asynchronous flavour. */
async function ours(text: string): Promise<{ text: string } | { error: string }> {
  const attempt = async (render: () => string | Promise<string>) => {
    try {
      return { text: await render() };
    } catch (error) {
      if (!(error instanceof BoathouseError)) throw error;
      return { error: error.message };
    }
  };
  const origin = { file: 'case', macros: 'file' } as const;
  const sync = await attempt(() => parseTemplate(text, origin).renderSync(fresh()));
  const async = await attempt(() => parseTemplate(text, origin).render(fresh()));
  expect(async).toEqual(sync);
  return sync;
}

function verdict(text: string): string | null {
  try {
    parseTemplate(text, { file: 'mutant', macros: 'file' });
    return null;
  } catch (error) {
    if (!(error instanceof BoathouseError) || error.code !== 'jinja.syntax') throw error;
    return error.message;
  }
}

describe.skipIf('missing' in python)("Python's Jinja", () => {
  const mutated = mutants(corpus, mutantCount, 20240501);
  const answers =
    'path' in python
      ? askPython(python.path, { renders: corpus, verdicts: mutated, context: caseContext })
      : { renders: [], verdicts: [] };

  it('is compared on at least 400 templates and 5,000 mutants', () => {
    expect(new Set(corpus).size).toBeGreaterThanOrEqual(400);
    expect(answers.verdicts.length).toBeGreaterThanOrEqual(5000);
  });

  it.each(corpus.map((text, i) => [text, answers.renders[i]] as const))(
    'renders the same: %s',
    async (text, theirs) => {
      const mine = await ours(text);
      if ((theirs as PythonOutcome) && 'error' in (theirs as PythonOutcome)) {
        expect(
          'error' in mine,
          `Python refuses it: ${JSON.stringify(theirs)}, we give ${JSON.stringify(mine)}`,
        ).toBe(true);
      } else expect(mine).toEqual(theirs);
    },
  );

  it('accepts and refuses the same mutants', () => {
    const differing = mutated
      .map((text, i) => ({ text, theirs: answers.verdicts[i] ?? null, mine: verdict(text) }))
      .filter(({ theirs, mine }) => (theirs === null) !== (mine === null));
    expect(differing).toEqual([]);
  });
});
