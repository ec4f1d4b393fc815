/** Which build of Boathouse this is. */
declare const BOATHOUSE_BUILD: string | undefined;

/** Differs whenever any of our code does, once it is built; `source` when it isn't. */
export const buildId: string = typeof BOATHOUSE_BUILD === 'undefined' ? 'source' : BOATHOUSE_BUILD;
