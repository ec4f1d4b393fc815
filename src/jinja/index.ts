/** The template language: text and values in, text or values out; no files, no SQL. */
export { toJs, toValue } from './convert.ts';
export { Definition, type DefinitionParameter } from './definition.ts';
export { jinjaErrors } from './errors.ts';
export type { CallFact, LiteralValue, TemplateFacts } from './facts.ts';
export { type JsonStyle, toJson } from './filters/json.ts';
export { getAttribute, getItem, iterate, length } from './python/access.ts';
export { binary } from './python/arithmetic.ts';
export { equals, order, truth } from './python/comparing.ts';
export { formatValue } from './python/format-spec.ts';
export { repr, str } from './python/printing.ts';
export { typeName } from './python/type-name.ts';
export { parseLiteral } from './render/literal.ts';
export { ReturnSignal, returnFunction } from './render/return-signal.ts';
export { hostCall, type RenderOptions } from './render-options.ts';
export { mapScope, type Scope } from './scope.ts';
export type { DefinitionKind } from './syntax/nodes.ts';
export { parseTemplate, Template, type TemplateOrigin } from './template.ts';
export { Dict } from './values/dict.ts';
export { Float, isFloat, isInt, isNumeric, toFloat, toInt } from './values/float.ts';
export { hashKey, identityOf } from './values/hash.ts';
export {
  type BoundArguments,
  bindArguments,
  type HostFunctionBody,
  hostFunction,
  type Parameter,
} from './values/host-function.ts';
export { type BinaryOperator, Callable, type CallInfo, HostObject } from './values/host-object.ts';
export { OneShot } from './values/one-shot.ts';
export { PySet } from './values/py-set.ts';
export { SafeText } from './values/safe-text.ts';
export { Tuple } from './values/tuple.ts';
export { Undefined, type UndefinedMode } from './values/undefined.ts';
export { type Kwargs, noKwargs, type Value } from './values/value.ts';
