/** dbt's native environment: a YAML value of one expression keeps that expression's type. */
import { jinjaErrors } from '../errors.ts';
import { str } from '../python/printing.ts';
import { isFloat, isInt } from '../values/float.ts';
import { HostObject } from '../values/host-object.ts';
import { Undefined } from '../values/undefined.ts';
import type { Value } from '../values/value.ts';
import { parseLiteral } from './literal.ts';

/** What `as_text`, `as_bool`, `as_number` and `as_native` return: a text, and how to read it. */
export class Marked extends HostObject {
  override readonly typeName = 'str';
  readonly kind: 'text' | 'bool' | 'number' | 'native';
  readonly #text: string;

  constructor(kind: 'text' | 'bool' | 'number' | 'native', text: string) {
    super();
    this.kind = kind;
    this.#text = text;
  }

  override str(): string {
    return this.#text;
  }

  override truthy(): boolean {
    return this.#text !== '';
  }

  override equals(other: Value): boolean {
    return other === this.#text || (other instanceof Marked && other.str() === this.#text);
  }
}

/** One printed piece: constants of the template that follow each other are one. */
interface Piece {
  readonly value: Value;
  readonly isConstant: boolean;
}

/** Adds text of the template to `pieces`. */
export function nativeText(pieces: Piece[], text: string): void {
  const last = pieces.at(-1);
  if (last?.isConstant) pieces[pieces.length - 1] = { value: str(last.value) + text, isConstant: true };
  else pieces.push({ value: text, isConstant: true });
}

/** Adds a printed value to `pieces`; one that was computed from constants alone counts as text. */
export function nativeValue(pieces: Piece[], value: Value, isConstant: boolean): void {
  if (isConstant && !(value instanceof HostObject)) nativeText(pieces, str(value));
  else pieces.push({ value, isConstant: false });
}

/** What the pieces make: the value of a single one, else all as text. @throws jinja.value-error */
export function nativeResult(pieces: readonly Piece[]): Value {
  const [first] = pieces;
  if (!first) return '';
  if (pieces.length > 1) return pieces.map((piece) => str(piece.value)).join('');
  const { value } = first;
  if (!(value instanceof Marked)) return value instanceof Undefined ? '' : value;
  const text = value.str();
  if (value.kind === 'text') return text;
  const literal = parseLiteral(text);
  const result = literal === undefined ? text : literal;
  if (value.kind === 'bool' && typeof result !== 'boolean') throw notConverted(text, 'bool');
  if (value.kind === 'number' && !isInt(result) && !isFloat(result)) throw notConverted(text, 'number');
  return result;
}

function notConverted(text: string, kind: string): Error {
  return jinjaErrors['value-error']({ problem: `Could not convert value '${text}' into type '${kind}'` });
}
