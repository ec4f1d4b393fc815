/** Warnings as they are found: each thing is said once. */
import type { ProjectWarning } from './project.ts';

/** Collects warnings of one read. */
export class WarningList {
  readonly #about = new Set<string>();
  readonly #list: ProjectWarning[] = [];

  /** @param about what the warning is about: a second one about the same is dropped. The message unless given. */
  add(warning: ProjectWarning, about?: string): void {
    const key = `${warning.code}:${about ?? `${warning.message}:${warning.location?.file}:${warning.location?.line}`}`;
    if (this.#about.has(key)) return;
    this.#about.add(key);
    this.#list.push(warning);
  }

  /** In the order they were found. */
  get all(): readonly ProjectWarning[] {
    return this.#list;
  }
}
