/** What a model that is a program refers to and configures, written down as for a template. */
import type { BoathouseError, SourceLocation } from '../../base/index.ts';
import { addConfigCall } from '../config-levels.ts';
import { compilerErrors } from '../errors.ts';
import type { ManifestNode } from '../manifest.ts';
import type { Recorded } from '../record-sql.ts';
import { type CodeFacts, type CodeProblem, CodeTrouble } from './code-facts.ts';
import type { CodeLanguage } from './code-language.ts';
import { codeErrors } from './errors.ts';
import { readPython } from './read-python.ts';
import { readScript } from './read-script.ts';

/** A program's file. */
interface CodeFile {
  readonly path: string;
  readonly text: string;
}

/**
 * What stands in a program, without running it.
 *
 * @throws compiler.bad-code, compiler.not-literal, compiler.no-default-export, compiler.bad-model-function
 */
export function readCode(file: CodeFile, language: CodeLanguage): CodeFacts {
  try {
    return language === 'python' ? readPython(file.text) : readScript(file.text, language === 'typescript');
  } catch (error) {
    throw error instanceof CodeTrouble ? errorOf(error.problem, file, language) : error;
  }
}

/** Puts what was found in `node`'s program into `into`. @throws compiler.bad-config, compiler.bad-ref */
export function recordCode(node: ManifestNode, facts: CodeFacts, file: CodeFile, into: Recorded): void {
  for (const { name, args, named, place } of facts.calls) {
    const location: SourceLocation = { file: file.path, text: file.text, ...place };
    switch (name) {
      case 'ref':
        into.refs.push(refOf(args, named, location));
        break;
      case 'source':
        if (args.length !== 2 || !args.every((arg) => typeof arg === 'string'))
          throw compilerErrors['bad-ref']({ problem: 'source takes a source and a table' }, { location });
        into.sources.push(args as string[]);
        break;
      case 'config':
        addConfigCall(into.calls, named, node.unique_id, location);
        break;
    }
  }
}

function refOf(
  args: readonly unknown[],
  named: Readonly<Record<string, unknown>>,
  location: SourceLocation,
): Recorded['refs'][number] {
  const [first, second] = args;
  const version = named['v'] ?? named['version'] ?? null;
  const isVersion = version === null || typeof version === 'string' || typeof version === 'number';
  const isNamed = typeof first === 'string' && (second === undefined || typeof second === 'string');
  if (!isNamed || !isVersion || args.length > 2) {
    throw compilerErrors['bad-ref'](
      { problem: "ref takes a model's name, or a package and a name, and a version" },
      { location },
    );
  }
  return second === undefined
    ? { name: first, package: null, version }
    : { name: second, package: first, version };
}

const languageNames: Readonly<Record<CodeLanguage, string>> = {
  typescript: 'TypeScript',
  javascript: 'JavaScript',
  python: 'Python',
};

function errorOf(problem: CodeProblem, file: CodeFile, language: CodeLanguage): BoathouseError {
  const at = 'place' in problem ? problem.place : {};
  const location: SourceLocation = { file: file.path, text: file.text, ...at };
  switch (problem.kind) {
    case 'syntax':
      return codeErrors['bad-code'](
        { language: languageNames[language], problem: problem.problem },
        { location },
      );
    case 'not-literal':
      return codeErrors['not-literal']({ call: problem.call, language }, { location });
    case 'no-default-export':
      return codeErrors['no-default-export']({ file: file.path }, { location });
    case 'function':
      return codeErrors['bad-model-function']({ problem: problem.problem }, { location, hint: problem.hint });
  }
}
