/** Which language a model is written in, from its file's name. */

/** Languages of models that are programs. */
export type CodeLanguage = 'typescript' | 'javascript' | 'python';

/** The language of the file at `path`; undefined for SQL. */
export function codeLanguage(path: string): CodeLanguage | undefined {
  if (/\.m?ts$/i.test(path)) return 'typescript';
  if (/\.m?js$/i.test(path)) return 'javascript';
  return /\.py$/i.test(path) ? 'python' : undefined;
}

/** Whether `language`, as a manifest has it, is one of a program's. */
export function isCodeLanguage(language: string | undefined): language is CodeLanguage {
  return language === 'typescript' || language === 'javascript' || language === 'python';
}
