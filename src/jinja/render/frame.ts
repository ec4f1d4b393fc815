/** One call being rendered: a template, a macro or a call block. Frames form the stack that errors show. */
import { BoathouseError, type SourceLocation } from '../../base/index.ts';
import { jinjaErrors } from '../errors.ts';
import { limits } from '../limits.ts';
import type { Scope } from '../scope.ts';
import type { SourceText } from '../syntax/source-text.ts';
import type { CallInfo } from '../values/host-object.ts';
import type { UndefinedMode } from '../values/undefined.ts';

/** What all frames of one render share. */
export interface Render {
  readonly flavour: 'sync' | 'async';
  readonly undefinedMode: UndefinedMode;
  /** Whether values keep their type: dbt's native environment for YAML. */
  readonly isNative: boolean;
  /** Rounds of loops and calls so far. */
  steps: number;
}

/** A call being rendered: where it stands, whence names come, and who called it. */
export class Frame implements CallInfo {
  /** The offset in the text that is being evaluated; generated code keeps it up to date. */
  p = 0;
  /** Whether output is escaped as HTML just now; `autoescape` blocks change it. */
  escapes = false;
  readonly parent: Frame | undefined;
  /** `macro x`, or undefined for a template's own text. */
  readonly name: string | undefined;
  readonly source: SourceText;
  readonly scope: Scope;
  readonly render: Render;
  readonly depth: number;

  constructor(
    parent: Frame | undefined,
    name: string | undefined,
    source: SourceText,
    scope: Scope,
    render: Render,
  ) {
    this.parent = parent;
    this.name = name;
    this.source = source;
    this.scope = scope;
    this.render = render;
    this.depth = parent ? parent.depth + 1 : 0;
    if (this.depth > limits.callDepth) throw tooDeep();
    this.step();
  }

  /** Counts a round of a loop, or a call. @throws jinja.limit */
  step(): void {
    this.render.steps += 1;
    if (this.render.steps > limits.steps)
      throw jinjaErrors.limit({ what: 'the number of steps of one text', max: limits.steps });
  }

  get flavour(): 'sync' | 'async' {
    return this.render.flavour;
  }

  get undefinedMode(): UndefinedMode {
    return this.render.undefinedMode;
  }

  get macroNames(): readonly string[] {
    const names: string[] = [];
    for (let frame: Frame | undefined = this; frame; frame = frame.parent) {
      if (frame.name !== undefined) names.push(frame.name);
    }
    return names;
  }

  get location(): SourceLocation {
    const place = this.source.locationOf(this.p);
    const stack: string[] = [];
    for (let frame: Frame | undefined = this; frame; frame = frame.parent) {
      const { file, line } = frame.source.locate(frame.p);
      stack.push(frame.name === undefined ? `${file}:${line}` : `macro ${frame.name} (${file}:${line})`);
    }
    return stack.length > 1 ? { ...place, stack } : place;
  }
}

function tooDeep(): BoathouseError {
  return jinjaErrors.limit({ what: 'the depth of macro calls', max: limits.callDepth });
}

/** `error` with the place of `frame`, unless it has one already. What isn't ours passes unchanged. */
export function locateError(error: unknown, frame: Frame): unknown {
  if (error instanceof BoathouseError) return error.location ? error : error.at(frame.location);
  if (error instanceof RangeError) {
    const problem = error.message.includes('call stack')
      ? tooDeep()
      : jinjaErrors.limit({ what: 'the length of a text', max: limits.outputLength });
    return problem.at(frame.location);
  }
  return error;
}
