/** The lakehouse's names: generations, the published file, leases. */
export {
  buildCatalogFile,
  type CatalogFile,
  type CatalogFileOptions,
  type StagedCatalogFile,
  stageCatalogFile,
} from './catalog-file.ts';
export { catalogErrors } from './errors.ts';
export {
  applyChanges,
  type CatalogChanges,
  type CatalogColumn,
  type CatalogKind,
  type CatalogRelation,
  fileIn,
  type Generation,
  isEmptyChange,
  type PublishedFile,
  relationKey,
} from './generation.ts';
export {
  type CatalogLog,
  openCatalog,
  type PublishOptions,
  publishGeneration,
  readGeneration,
} from './generation-log.ts';
export { acquireLease, describeHolder, type Lease, type LeaseHolder, type LeaseOptions } from './lease.ts';
export { logId, pinName } from './pin-name.ts';
export {
  copyPublished,
  fingerprint,
  logOf,
  type PublishedCopy,
  settlePublished,
  sync,
} from './published-file.ts';
export { abandonedIn, type SweepOptions, sweepCatalog } from './sweep.ts';
export { createViews, type ViewOutcome } from './views.ts';
