/**
 * What the documentation site is told: the one agreement between the command that writes it and the
 * page in the browser. Only plain JSON, so that the page needs nothing of ours to read it.
 */

/** The whole project. */
export interface SiteData {
  readonly project: string;
  /** ISO 8601. */
  readonly generatedAt: string;
  readonly adapter: string;
  /** Markdown of the `__overview__` block, or of the README; empty where there is neither. */
  readonly overview: string;
  /** Markdown of `__<package>__` blocks. */
  readonly packageOverviews: Readonly<Record<string, string>>;
  readonly nodes: readonly SiteNode[];
}

/** One resource of the project. What doesn't apply to its type is left out. */
export interface SiteNode {
  readonly id: string;
  readonly type: string;
  /** As it is shown: `orders`, `raw.orders`, `orders.v2`. */
  readonly label: string;
  readonly package: string;
  readonly path: string;
  readonly description: string;
  readonly tags: readonly string[];
  readonly meta: Readonly<Record<string, unknown>>;
  /** What it depends on. What depends on it is found by turning these round. */
  readonly parents: readonly string[];
  /** False: `docs.show` asks to leave it out of lists and the graph. */
  readonly isShown: boolean;
  readonly color?: string;
  readonly database?: string;
  readonly schema?: string;
  /** The name in the database. */
  readonly identifier?: string;
  readonly relation?: string;
  /** What stands in the target: `BASE TABLE`, `VIEW`; absent where nothing was found. */
  readonly relationType?: string;
  readonly comment?: string;
  readonly materialized?: string;
  readonly language?: string;
  readonly access?: string;
  readonly group?: string;
  readonly owner?: Readonly<Record<string, unknown>>;
  readonly isContracted?: boolean;
  readonly version?: string;
  readonly latestVersion?: string;
  readonly deprecationDate?: string;
  readonly columns?: readonly SiteColumn[];
  readonly constraints?: readonly string[];
  readonly stats?: readonly { readonly label: string; readonly value: string }[];
  readonly raw?: string;
  readonly compiled?: string;
  /** Other facts, in the order they are shown: the loader of a source, the URL of an exposure. */
  readonly facts?: readonly (readonly [name: string, value: string])[];
  /** Where an exposure is looked at. */
  readonly url?: string;
  /** Of a test: the node and the column that it tests. */
  readonly testOf?: string;
  readonly testColumn?: string;
  /** Of a macro. */
  readonly arguments?: readonly {
    readonly name: string;
    readonly type: string;
    readonly description: string;
  }[];
}

/** A column, as it is described and as it stands in the target. */
export interface SiteColumn {
  readonly name: string;
  /** The target's type, else the described one; empty where neither is known. */
  readonly type: string;
  readonly description: string;
  readonly tags?: readonly string[];
  readonly constraints?: readonly string[];
  readonly meta?: Readonly<Record<string, unknown>>;
  /** Columns that its values come from. */
  readonly lineage?: readonly { readonly id: string; readonly column: string }[];
}
