/** The lakehouse's names: generations, the published file, leases. */
export {
  type BranchHead,
  createHead,
  listHeads,
  markDeleted,
  readHead,
  removeBranchFiles,
  replaceHead,
  requireHead,
} from './branch-heads.ts';
export {
  type BranchPlace,
  branchFile,
  branchFolder,
  branchLocation,
  branchOf,
  branchPlaceOf,
  checkBranchName,
  isOnBranch,
  originalLocation,
} from './branch-place.ts';
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
  type GenerationOrigin,
  isEmptyChange,
  type PublishedFile,
  type Publisher,
  relationKey,
} from './generation.ts';
export { differences, isSame, nameIn, type RelationDifference } from './generation-diff.ts';
export {
  type CatalogLog,
  generationAt,
  generationNumbered,
  listGenerations,
  openCatalog,
  type PublishOptions,
  publishGeneration,
  readGeneration,
  readIfThere,
  stampedGenerations,
} from './generation-log.ts';
export { type Hold, holdGeneration } from './holds.ts';
export { dropTables, keepTables } from './kept-tables.ts';
export { type LakeLogs, lakeLogs } from './lake-logs.ts';
export { acquireLease, describeHolder, type Lease, type LeaseHolder, type LeaseOptions } from './lease.ts';
export { abandonedIn } from './pin-entries.ts';
export { logId, pinName } from './pin-name.ts';
export {
  copyPublished,
  fingerprint,
  logOf,
  type PublishedCopy,
  settlePublished,
  sync,
} from './published-file.ts';
export { type PublishedDraft, type PublishedPlace, publishedPlace } from './published-place.ts';
export { publisher } from './publisher.ts';
export { asIs, readsBucket } from './stand-ins.ts';
export { purgeBranch, type SweepOptions, sweepCatalog } from './sweep.ts';
export { createStatement, createViews, type ViewOutcome } from './views.ts';
