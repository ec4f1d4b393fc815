/** selectors.yml: named selections, as a tree whose leaves are dbt's selection criteria. */
import type { SourceLocation } from '../base/index.ts';
import type { PlainDict } from './yaml-value.ts';

/** How tests that hang on selected nodes are chosen. */
export type IndirectSelection = 'eager' | 'cautious' | 'buildable' | 'empty';

/** A selection as selectors.yml writes it. */
export type SelectorDefinition =
  | {
      /** As on the command line: one criterion with its graph operators. */
      readonly kind: 'text';
      readonly text: string;
      readonly location: SourceLocation;
    }
  | {
      readonly kind: 'criterion';
      /** With arguments, such as `config.materialized`. */
      readonly method: string;
      readonly value: unknown;
      readonly parents: boolean;
      readonly parentsDepth: number | undefined;
      readonly children: boolean;
      readonly childrenDepth: number | undefined;
      readonly childrensParents: boolean;
      readonly indirectSelection: IndirectSelection | undefined;
      readonly exclude: readonly SelectorDefinition[];
      readonly location: SourceLocation;
    }
  | {
      readonly kind: 'union' | 'intersection';
      readonly members: readonly SelectorDefinition[];
      readonly exclude: readonly SelectorDefinition[];
      readonly location: SourceLocation;
    }
  | {
      /** Another selector by name. */
      readonly kind: 'inherit';
      readonly name: string;
      readonly location: SourceLocation;
    };

/** A named selection. */
export interface Selector {
  readonly name: string;
  readonly description: string;
  /** Whether it is used when a command gives no selection. */
  readonly isDefault: boolean;
  readonly definition: SelectorDefinition;
  /** Its entry as rendered, for the manifest. */
  readonly raw: PlainDict;
  readonly location: SourceLocation;
}
