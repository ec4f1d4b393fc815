/** What a template sees: names, objects and functions of dbt's context. */
export * from './input.ts';
export { isRelation, Relation, type RelationParts, type RelationPolicy } from './relation.ts';
