import type { Render } from './render/frame.ts';
import type { CallInfo } from './values/host-object.ts';
import type { UndefinedMode } from './values/undefined.ts';

/** How to render. */
export interface RenderOptions {
  /** `strict` unless given. */
  readonly undefined?: UndefinedMode;
}

/** What the frames of a render with `options` share. */
export function renderOf(
  flavour: 'sync' | 'async',
  options: RenderOptions | undefined,
  isNative = false,
): Render {
  return { flavour, undefinedMode: options?.undefined ?? 'strict', isNative, steps: 0 };
}

/** The call information for a macro that JavaScript calls, not a template. `async` unless given. */
export function hostCall(options: RenderOptions & { readonly flavour?: 'sync' | 'async' } = {}): CallInfo {
  return {
    location: undefined,
    flavour: options.flavour ?? 'async',
    undefinedMode: options.undefined ?? 'strict',
    macroNames: [],
  };
}
