/** Where compiled SQL runs: the lakehouse target, its plans, and how a run's work becomes visible. */
export {
  type ConfigFunction,
  defineModel,
  type ModelConfig,
  type ModelContext,
  type ModelFunction,
  type ModelParameters,
  type ModelRelation,
  type ModelResult,
  type ModelRow,
  type ModelSession,
  type RefOptions,
  type SqlTag,
} from './code-models/model-context.ts';
export { targetErrors } from './errors.ts';
export { placeExternal } from './external-place.ts';
export { openTarget } from './open-target.ts';
export { type ExternalOutput, type MacroArgument, type PlanStep, printPlan } from './plan.ts';
export { accessOf, mountOf } from './storage-access.ts';
export type {
  HookMoment,
  NodeResult,
  NodeStatus,
  NodeTiming,
  PublishResult,
  Target,
  TargetNotice,
  TargetOptions,
} from './target.ts';
