/** How many requests this process has sent to stores, by kind: budgets are held to it. */

/** What a request is for. */
export type RequestKind = 'GET' | 'HEAD' | 'PUT' | 'LIST' | 'DELETE' | 'COPY' | 'MULTIPART';

/** Requests by kind, and their bytes. Tries that failed count too. */
export interface RequestCounts {
  readonly requests: Readonly<Record<RequestKind, number>>;
  readonly total: number;
  readonly bytes: number;
}

/** Every request since the process began. */
export function requestCounts(): RequestCounts {
  const requests = { ...counts };
  return { requests, total: Object.values(requests).reduce((sum, count) => sum + count, 0), bytes };
}

/** The requests between two looks. Pure. */
export function requestsSince(before: RequestCounts, after: RequestCounts = requestCounts()): RequestCounts {
  const requests = { ...after.requests };
  for (const kind of Object.keys(requests) as RequestKind[]) requests[kind] -= before.requests[kind];
  return { requests, total: after.total - before.total, bytes: after.bytes - before.bytes };
}

/** Counts one request. */
export function countRequest(kind: RequestKind, sizeBytes: number): void {
  counts[kind] += 1;
  bytes += sizeBytes;
}

/** Counts the bytes of a reply. */
export function countBytes(sizeBytes: number): void {
  bytes += sizeBytes;
}

const counts: Record<RequestKind, number> = {
  GET: 0,
  HEAD: 0,
  PUT: 0,
  LIST: 0,
  DELETE: 0,
  COPY: 0,
  MULTIPART: 0,
};
let bytes = 0;
