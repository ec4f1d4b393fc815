/** Models that are programs: which files are, and what they refer to and configure. */
export { type CodeLanguage, codeLanguage, isCodeLanguage } from './code-language.ts';
export { codeErrors } from './errors.ts';
export { readCode, recordCode } from './record-code.ts';
