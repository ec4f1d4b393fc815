/** S3-compatible stores. */
export { type BucketPlace, placeOf } from './bucket-place.ts';
export { openS3, s3Client } from './open-s3.ts';
export { createsOnlyIfAbsent, forgetVerdicts } from './probe.ts';
export { type RequestCounts, type RequestKind, requestCounts, requestsSince } from './request-counts.ts';
export { S3Storage } from './s3-storage.ts';
