import { expect, it } from 'vitest';
import { sampleManifest } from './selection/scratch-manifest.ts';
import { unusedPaths } from './unused-paths.ts';

const manifest = sampleManifest([
  { id: 'model.shop.orders', path: 'models/staging/orders.sql' },
  { id: 'source.shop.raw.orders', path: 'models/sources.yml' },
]);

it.each([
  ['a package', { shop: { '+materialized': 'table' } }, []],
  ['a folder', { shop: { staging: { '+tags': ['a'] } } }, []],
  ['a model', { shop: { staging: { orders: { enabled: true } } } }, []],
  ['everything', { '+materialized': 'table' }, []],
  ['a folder that isn’t there', { shop: { marts: { '+tags': ['a'] } } }, ['models.shop.marts']],
  ['nothing', { shop: { marts: {} } }, []],
  ['another package', { other: { enabled: true, a: { '+b': 1 } } }, ['models.other', 'models.other.a']],
  ['a dictionary without a plus', { shop: { meta: { owner: 'ann' } } }, ['models.shop.meta']],
  ['one with it', { shop: { '+meta': { owner: 'ann' } } }, []],
])('what configures %s is unused: %j', (_, models, expected) => {
  const none = { seeds: {}, snapshots: {}, sources: {}, tests: {}, unitTests: {}, exposures: {} };
  expect(unusedPaths({ ...none, models }, manifest)).toEqual(expected);
});

it('kinds that the project has none of are unused altogether', () => {
  const seeds = { '+schema': 'raw' };
  const none = { models: {}, snapshots: {}, sources: {}, tests: {}, unitTests: {}, exposures: {} };
  expect(unusedPaths({ ...none, seeds }, manifest)).toEqual(['seeds']);
});
