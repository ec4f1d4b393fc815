/** Files as text and checksum. */
import { isUtf8 } from 'node:buffer';
import { hash } from 'node:crypto';
import { readBytes } from './disk.ts';
import { projectErrors } from './errors.ts';

/**
 * The text of a file: without a byte order mark, line ends as `\n`.
 *
 * @throws project.unreadable-file when it isn't there, may not be read, or isn't UTF-8.
 */
export function readText(path: string): string {
  return withPlainLineEnds(readExactText(path));
}

/**
 * The text of a file with the line ends and the byte order mark that it has.
 *
 * @throws project.unreadable-file as `readText` does.
 */
export function readExactText(path: string): string {
  let bytes: Buffer;
  try {
    bytes = readBytes(path);
  } catch (error) {
    throw unreadable(path, error);
  }
  if (!isUtf8(bytes)) throw projectErrors['unreadable-file']({ path, problem: 'it is not UTF-8 text' });
  return bytes.toString('utf8');
}

/** `text` without a byte order mark, line ends as `\n`. */
export function withPlainLineEnds(text: string): string {
  const plain = text.startsWith(byteOrderMark) ? text.slice(1) : text;
  return plain.includes('\r') ? plain.replace(/\r\n?/g, '\n') : plain;
}

const byteOrderMark = '\uFEFF';

/** A source file's content as a project keeps it; undefined when it isn't UTF-8. */
export function sourceText(bytes: Buffer): { readonly text: string; readonly sha256: string } | undefined {
  if (!isUtf8(bytes)) return undefined;
  const text = bytes.toString('utf8');
  return { text: withPlainLineEnds(text), sha256: checksum(text) };
}

/** `readText`, or undefined when there is no such file. */
export function readTextIfThere(path: string): string | undefined {
  try {
    return readText(path);
  } catch (error) {
    if (isNotThere(error)) return undefined;
    throw error;
  }
}

/** An error that says which file can't be read and why. */
export function unreadable(path: string, cause: unknown): Error {
  const code = errorCode(cause);
  const problem =
    code === 'ENOENT'
      ? 'it is not there'
      : code === 'EACCES' || code === 'EPERM'
        ? 'permission denied'
        : code === 'EISDIR'
          ? 'it is a folder'
          : cause instanceof Error
            ? cause.message
            : String(cause);
  return projectErrors['unreadable-file']({ path, problem }, { location: { file: path }, cause });
}

/**
 * dbt's checksum of a file: SHA-256, in hex, of its text without the white space around it.
 *
 * @param text as it stands in the file, `\r` and byte order mark (which is no white space) included.
 */
export function checksum(text: string): string {
  const trimmed = text.startsWith(byteOrderMark) ? text.trimEnd() : text.trim();
  return hash('sha256', trimmed);
}

function isNotThere(error: unknown): boolean {
  const code = error instanceof Error ? errorCode(error.cause) : undefined;
  return code === 'ENOENT' || code === 'ENOTDIR';
}

function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}
