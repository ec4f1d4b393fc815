/** The template language: text and values in, text or values out; no files, no SQL. */
export { jinjaErrors } from './errors.ts';
export { mapScope, type Scope } from './scope.ts';
export {
  type CallFact,
  type Definition,
  type DefinitionParameter,
  type LiteralValue,
  parseTemplate,
  type RenderOptions,
  type Template,
  type TemplateFacts,
  type TemplateOrigin,
} from './template.ts';
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
export { PySet } from './values/py-set.ts';
export { SafeText } from './values/safe-text.ts';
export { Tuple } from './values/tuple.ts';
export { Undefined, type UndefinedMode } from './values/undefined.ts';
export { type Kwargs, noKwargs, type Value } from './values/value.ts';
