/** Secrets that the environment holds. */
export { keepSecrets } from '../base/index.ts';
