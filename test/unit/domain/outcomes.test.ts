import { array, assert, constantFrom, integer, jsonValue, oneof, property, record, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Reply } from '../../../src/domain/outcome.ts';
import { isFromApi, refusal, toOutcomes } from '../../../src/domain/outcomes.ts';

function says(body: string, status = 200): Reply & { kind: 'response' } {
  return { kind: 'response', status, body, retryAfterMs: undefined, location: undefined };
}

const statesOf = (body: unknown, count = 2, status = 200): string[] =>
  (
    toOutcomes(says(JSON.stringify(body), status), count) ??
    Array.from({ length: count }, () => ({ state: 'delivered' }))
  ).map(({ state }) => state);

describe('what a 2xx says of its rows', () => {
  it.each([{ errors: null }, { errors: [] }, {}, { url: 'x' }, { meta: {} }, { meta: { errors: [] } }])(
    '%j delivers all',
    (body) => {
      expect(statesOf(body)).toEqual(['delivered', 'delivered']);
    },
  );

  it.each([
    { errors: { 0: 'bad' } },
    { errors: 'quota exceeded' },
    { errors: true },
    { errors: 7 },
    { errors: {} },
    { errors: ['bad', 'worse'] },
    { errors: [null] },
    { meta: { error: 'busy' } },
    { meta: { errors: ['bad'] } },
    ['errors'],
    'ok',
    null,
  ])('%j says of no row that it arrived: unclear', (body) => {
    expect(statesOf(body)).toEqual(['unclear', 'unclear']);
  });

  it('a text in the list about the only row rejects it, and is its reason', () => {
    expect(toOutcomes(says('{"errors":["name is too long"]}'), 1)).toEqual([
      { state: 'rejected', code: 'refused', reason: 'name is too long' },
    ]);
  });

  it('every row has exactly one outcome, and a row is rejected only where it is listed, whatever JSON comes', () => {
    const entry = oneof(
      record(
        { batch_index: oneof(integer({ min: -2, max: 6 }), jsonValue()), reason: jsonValue(), message: jsonValue() },
        { requiredKeys: [] },
      ),
      jsonValue(),
    );
    const body = oneof(
      jsonValue(),
      record({ errors: oneof(array(entry), jsonValue()), meta: jsonValue() }, { requiredKeys: [] }),
    );
    assert(
      property(
        oneof(
          body.map((value) => JSON.stringify(value)),
          string(),
        ),
        constantFrom(200, 201, 202, 207),
        integer({ min: 1, max: 5 }),
        (text, status, count) => {
          const reply = says(text, status);
          const outcomes = toOutcomes(reply, count);
          expect(outcomes?.length ?? count).toBe(count);
          for (const outcome of outcomes ?? []) expect(['delivered', 'rejected', 'unclear']).toContain(outcome.state);
          if (!isFromApi(text)) expect(outcomes?.every(({ state }) => state === 'unclear')).toBe(true);
          expect(refusal(reply).reason).not.toBe('');
        },
      ),
    );
  });
});

it.each(['', '  \n', '{}', '{ }\n', '{"errors":[]}'])('the API may have written %j', (body) =>
  expect(isFromApi(body)).toBe(true),
);
it.each(['<html></html>', '{"errors":[{"ba', 'OK', '"ok"', '[]', 'null', '1'])('%j is not the API', (body) =>
  expect(isFromApi(body)).toBe(false),
);
