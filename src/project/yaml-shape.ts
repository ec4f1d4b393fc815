/**
 * What a YAML value must look like, and the first place where it doesn't.
 *
 * Property files aren't rendered when they are checked, so a text with Jinja in it passes as anything.
 */
import type { SourceLocation } from '../base/index.ts';
import { nearest, unreachable } from '../base/index.ts';
import { Dict, Float } from '../jinja/index.ts';
import { projectErrors } from './errors.ts';
import type { ProjectWarning } from './project.ts';
import type { YamlPath } from './yaml-file.ts';
import { describeYaml, isPlainDict, type PlainDict, YamlDate } from './yaml-value.ts';

/** What a value must be. */
export type Shape =
  | { readonly kind: 'any' }
  | { readonly kind: 'text' | 'bool' | 'whole' | 'scalar' }
  | { readonly kind: 'list'; readonly item: Shape; readonly orOne: boolean }
  | { readonly kind: 'mapping'; readonly value: Shape }
  | {
      readonly kind: 'object';
      /** What it is called in warnings: `a model`. */
      readonly what: string;
      readonly keys: Readonly<Record<string, Shape>>;
      readonly required: readonly string[];
      /** Whether keys beyond `keys` are fine: `warn` says once that one is not used. */
      readonly others: 'allow' | 'warn';
    }
  | { readonly kind: 'one-of'; readonly shapes: readonly Shape[]; readonly expected: string };

/** Anything. */
export const anything: Shape = { kind: 'any' };
/** A text; numbers and dates pass, too, as they do in dbt. */
export const text: Shape = { kind: 'text' };
/** true or false. */
export const bool: Shape = { kind: 'bool' };
/** A whole number. */
export const whole: Shape = { kind: 'whole' };
/** A text, number or boolean. */
export const scalar: Shape = { kind: 'scalar' };
/** A list of `item`. */
export const listOf = (item: Shape): Shape => ({ kind: 'list', item, orOne: false });
/** A list of `item`, or one of them alone. */
export const oneOrMore = (item: Shape): Shape => ({ kind: 'list', item, orOne: true });
/** A mapping from names to `value`. */
export const mappingOf = (value: Shape): Shape => ({ kind: 'mapping', value });
/** One of several shapes. @param expected in words: `a text or a mapping`. */
export const oneOf = (expected: string, ...shapes: readonly Shape[]): Shape => ({
  kind: 'one-of',
  shapes,
  expected,
});
/** A mapping with known keys. */
export function objectOf(
  what: string,
  keys: Readonly<Record<string, Shape>>,
  options: { readonly required?: readonly string[]; readonly others?: 'allow' | 'warn' } = {},
): Shape {
  return { kind: 'object', what, keys, required: options.required ?? [], others: options.others ?? 'warn' };
}

/** What checking needs beside the value. */
export interface ShapeContext {
  locate(path: YamlPath, part?: 'key' | 'value'): SourceLocation;
  /** Called for keys that aren't used; the caller keeps each to once. */
  warn(warning: ProjectWarning, about: string): void;
}

/**
 * Stops at the first place where `value` isn't of `shape`. Empty values pass everywhere but in `required`.
 *
 * @throws project.bad-value at the line and column, saying what was expected.
 */
export function checkShape(value: unknown, shape: Shape, path: YamlPath, context: ShapeContext): void {
  if (shape.kind === 'any' || value === null || value === undefined || isJinja(value)) return;
  switch (shape.kind) {
    case 'text':
    case 'scalar':
      expectThat(isScalarValue(value), 'a text', value, path, context);
      break;
    case 'bool':
      expectThat(typeof value === 'boolean', 'true or false', value, path, context);
      break;
    case 'whole':
      expectThat(Number.isSafeInteger(value), 'a whole number', value, path, context);
      break;
    case 'list':
      checkList(value, shape, path, context);
      break;
    case 'mapping':
      expectThat(isPlainDict(value) || value instanceof Dict, 'a mapping', value, path, context);
      if (!isPlainDict(value) || shape.value.kind === 'any') break;
      for (const [key, item] of Object.entries(value)) checkShape(item, shape.value, [...path, key], context);
      break;
    case 'object':
      checkObject(value, shape, path, context);
      break;
    case 'one-of': {
      const fitting = shape.shapes.find((one) => fits(value, one));
      expectThat(fitting !== undefined, shape.expected, value, path, context);
      if (fitting !== undefined) checkShape(value, fitting, path, context);
      break;
    }
    default:
      unreachable(shape);
  }
}

function checkList(
  value: unknown,
  shape: Extract<Shape, { kind: 'list' }>,
  path: YamlPath,
  context: ShapeContext,
): void {
  if (shape.orOne && !Array.isArray(value)) {
    checkShape(value, shape.item, path, context);
    return;
  }
  expectThat(Array.isArray(value), `a list of ${plural(shape.item)}`, value, path, context);
  (value as unknown[]).forEach((item, i) => {
    checkShape(item, shape.item, [...path, i], context);
  });
}

function checkObject(
  value: unknown,
  shape: Extract<Shape, { kind: 'object' }>,
  path: YamlPath,
  context: ShapeContext,
): void {
  expectThat(isPlainDict(value), 'a mapping', value, path, context);
  const object = value as PlainDict;
  for (const key of shape.required) {
    if (object[key] !== null && object[key] !== undefined) continue;
    throw projectErrors['bad-value'](
      { path: pathText([...path, key]), expected: 'given', found: 'missing' },
      {
        location: context.locate(path),
        hint: `Every entry for ${shape.what} needs \`${key}:\`.`,
      },
    );
  }
  for (const [key, item] of Object.entries(object)) {
    const known = shape.keys[key];
    if (known !== undefined) checkShape(item, known, [...path, key], context);
    else if (shape.others === 'warn') warnUnknown(key, shape, path, context);
  }
}

function warnUnknown(
  key: string,
  shape: Extract<Shape, { kind: 'object' }>,
  path: YamlPath,
  context: ShapeContext,
): void {
  const near = nearest(key, Object.keys(shape.keys));
  context.warn(
    {
      code: 'project.unknown-key',
      message: `'${key}' is no known property of ${shape.what}`,
      hint: near === undefined ? `Put what is your own under \`meta\`.` : `Did you mean '${near}'?`,
      location: context.locate([...path, key], 'key'),
    },
    `${shape.what}:${key}`,
  );
}

/** Whether the outside of `value` is what `shape` wants; its inside is checked later. */
function fits(value: unknown, shape: Shape): boolean {
  switch (shape.kind) {
    case 'any':
      return true;
    case 'text':
    case 'scalar':
      return isScalarValue(value);
    case 'bool':
      return typeof value === 'boolean';
    case 'whole':
      return Number.isSafeInteger(value);
    case 'list':
      return Array.isArray(value) || (shape.orOne && fits(value, shape.item));
    case 'mapping':
      return isPlainDict(value) || value instanceof Dict;
    case 'object':
      return isPlainDict(value);
    case 'one-of':
      return shape.shapes.some((one) => fits(value, one));
  }
}

function isScalarValue(value: unknown): boolean {
  return (
    ['string', 'number', 'bigint', 'boolean'].includes(typeof value) ||
    value instanceof Float ||
    value instanceof YamlDate
  );
}

function isJinja(value: unknown): boolean {
  return typeof value === 'string' && (value.includes('{{') || value.includes('{%'));
}

function expectThat(
  holds: boolean,
  expected: string,
  value: unknown,
  path: YamlPath,
  context: ShapeContext,
): void {
  if (holds) return;
  throw projectErrors['bad-value'](
    { path: pathText(path), expected, found: describeYaml(value) },
    { location: context.locate(path) },
  );
}

function plural(shape: Shape): string {
  if (shape.kind === 'object' || shape.kind === 'mapping') return 'mappings';
  return shape.kind === 'text' || shape.kind === 'scalar' ? 'texts' : 'values';
}

/** `models[0].columns` for people. */
export function pathText(path: YamlPath): string {
  let out = '';
  for (const step of path) {
    if (typeof step === 'number') out += `[${step}]`;
    else out += out === '' ? step : `.${step}`;
  }
  return out === '' ? 'the file' : out;
}
