import { expect, it } from 'vitest';
import { retryAfterMs } from '../../../src/api/retry-after.ts';

const NOW = Date.UTC(2026, 0, 1, 12);

it.each([
  ['seconds', '7', 7_000],
  ['seconds with a decimal', '0.5', 500],
  ['seconds with blanks around', ' 3 ', 3_000],
  ['a date', new Date(NOW + 20_000).toUTCString(), 20_000],
  ['zero', '0', undefined],
  ['a date in the past', new Date(NOW - 20_000).toUTCString(), undefined],
  ['a negative number', '-5', undefined],
  ['an absurd number', '1000000000', undefined],
  ['an absurd date', new Date(NOW + 86_400_000).toUTCString(), undefined],
  ['a word', 'soon', undefined],
  ['nothing', '', undefined],
  ['no header', undefined, undefined],
  ['an endless number', '9'.repeat(100_000), undefined],
])('Retry-After as %s', (_, header, expected) => {
  expect(retryAfterMs(header, NOW)).toBe(expected);
});
