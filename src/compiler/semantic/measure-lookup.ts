/** Which metric a name means, and which semantic model has a measure. */
import { nearest } from '../../base/index.ts';
import { addToMap } from '../lists-by-key.ts';
import type { Manifest } from '../manifest.ts';
import type { Found } from '../ref-lookup.ts';
import type { ManifestMetric, ManifestSemanticModel } from './resources.ts';

/** Metrics, and semantic models by their measures. Built once everything has been read. */
export class SemanticLookup {
  readonly #root: string;
  readonly #metrics = new Map<string, ManifestMetric[]>();
  readonly #disabledNames = new Set<string>();
  readonly #byMeasure = new Map<string, ManifestSemanticModel[]>();

  constructor(manifest: Manifest, rootName: string) {
    this.#root = rootName;
    for (const metric of Object.values(manifest.metrics)) addToMap(this.#metrics, metric.name, metric);
    const models: ManifestSemanticModel[] = Object.values(manifest.semantic_models);
    for (const copies of Object.values(manifest.disabled)) {
      for (const copy of copies) {
        this.#disabledNames.add(copy.name);
        if (copy.resource_type === 'semantic_model') models.push(copy);
      }
    }
    for (const model of models) {
      for (const { name } of model.measures) addToMap(this.#byMeasure, name, model);
    }
  }

  /** The metric that `name` means from `fromPackage`: the root project's before the package's own before any. */
  metric(name: string, inPackage: string | null, fromPackage: string): Found<ManifestMetric> {
    const node = this.#pick(this.#metrics.get(name) ?? [], inPackage, fromPackage);
    if (node) return { kind: 'found', node };
    return { kind: this.#disabledNames.has(name) ? 'disabled' : 'missing' };
  }

  /** The semantic model that has a measure; it may be disabled. */
  semanticModelOf(measure: string, fromPackage: string): ManifestSemanticModel | undefined {
    // Of several in one package, which can't be used in the end, dbt takes the last.
    return this.#pick(this.#byMeasure.get(measure)?.toReversed() ?? [], null, fromPackage);
  }

  /** The nearest name of a metric, for hints. */
  nearestMetric(name: string): string | undefined {
    return nearest(name, this.#metrics.keys());
  }

  /** The nearest name of a measure, for hints. */
  nearestMeasure(name: string): string | undefined {
    return nearest(name, this.#byMeasure.keys());
  }

  #pick<T extends { package_name: string }>(
    candidates: readonly T[],
    inPackage: string | null,
    fromPackage: string,
  ): T | undefined {
    const of = (name: string): T | undefined =>
      candidates.find((candidate) => candidate.package_name === name);
    if (inPackage !== null) return of(inPackage);
    return of(this.#root) ?? of(fromPackage) ?? candidates[0];
  }
}
