/** What `metric('…')` gives in templates: it prints as the metric's name, and has the metric's fields. */
import { HostObject, type Value } from '../../jinja/index.ts';
import { fromPlain } from '../plain-values.ts';
import type { ManifestMetric } from './resources.ts';

/** A metric in a template. */
export class MetricValue extends HostObject {
  override readonly typeName = 'metric';
  readonly #name: string;
  readonly #metric: ManifestMetric | undefined;

  /** @param metric its fields; nothing is known of them while a project is parsed. */
  constructor(name: string, metric?: ManifestMetric) {
    super();
    this.#name = name;
    this.#metric = metric;
  }

  override str(): string {
    return this.#name;
  }

  override getAttr(name: string): Value | undefined {
    if (name === 'metric_name') return this.#name;
    if (this.#metric === undefined) return name === 'name' ? this.#name : undefined;
    const value = this.#metric[name as keyof ManifestMetric];
    return value === undefined ? undefined : fromPlain(value);
  }
}
