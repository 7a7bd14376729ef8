import { expect, it } from 'vitest';
import { parseRegion } from '../../../src/api/region.ts';

it.each([
  ['{"url":"https://track.customer.io","region":"us","environment_id":3}', 'us', 3],
  ['{"url":"https://track.customer.io","data_center":"us","environment_id":3}', 'us', 3],
  ['{"url":"track-eu.customer.io","data_center":"EU","environment_id":"3"}', 'eu', 3],
  ['{"url":"https://track-eu.customer.io"}', 'eu', undefined],
  ['{"url":"track.customer.io","environment_id":4711}', 'us', 4711],
  ['{"url":"http://127.0.0.1:8787","environment_id":-0.5}', undefined, undefined],
  ['{"region":null,"data_center":null,"environment_id":"3e2"}', undefined, undefined],
  ['{}', undefined, undefined],
  ['', undefined, undefined],
])('the reply about the account is read however it is written: %s', (body, region, environmentId) => {
  expect(parseRegion(body)).toEqual({ region, environmentId });
});
