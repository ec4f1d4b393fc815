/** From a syntax tree to JavaScript functions. */

import type { Frame } from '../render/frame.ts';
import type { MacroCode } from '../render/macro.ts';
import { runtime } from '../render/runtime.ts';
import type { MacroNode, Statement } from '../syntax/nodes.ts';
import { UnitCode } from './function-code.ts';
import { macroUnitCode, templateCode } from './statement-code.ts';

/** A compiled template: from a frame to its text, started or finished. */
export type TemplateCode = (frame: Frame) => unknown;

/** Compiles a template's body. */
export function compileTemplate(
  body: readonly Statement[],
  flavour: 'sync' | 'async',
  native: boolean,
): TemplateCode {
  const unit = new UnitCode(flavour);
  return evaluate(templateCode(body, unit, native), unit) as TemplateCode;
}

/** Compiles one macro on its own. */
export function compileMacro(node: MacroNode, flavour: 'sync' | 'async'): MacroCode {
  const unit = new UnitCode(flavour);
  return evaluate(macroUnitCode(node, unit), unit) as MacroCode;
}

/** The generated text holds no name or text of the template except as literals: see the generator. */
function evaluate(code: string, unit: UnitCode): unknown {
  const make = new Function('R', 'K', `"use strict";${code}`) as (r: unknown, k: unknown) => unknown;
  return make(runtime, unit.constants);
}
