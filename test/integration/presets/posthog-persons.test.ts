/** Persons of PostHog: a batch export with a line per distinct id, or the table of the app as CSV. */
import { expect, it } from 'vitest';
import { importWithPreset, seconds } from '../../support/presets-events.ts';

const line = (fields: Readonly<Record<string, unknown>>) => ({
  distinct_id: 'd',
  person_id: 'p',
  is_deleted: false,
  created_at: '2025-01-01 10:00:00.5',
  ...fields,
});

it('makes one person of all lines with one e-mail address', async (test) => {
  const arrived = await importWithPreset(test, 'posthog-persons', 'posthog-persons.ndjson');
  expect(arrived.code, arrived.stderr).toBe(0);
  expect(arrived.counts).toEqual({ read: 20, delivered: 14, invalid: 0, skipped: 6 });
  expect(arrived.skippedBy).toEqual({ unchanged: 4, skip_rows: 2 }); // no e-mail, deleted
  const people = await arrived.workspace.people();
  expect(people).toHaveLength(13); // two of them are written in other letters
  expect(people.every(({ id }) => id === null)).toBe(true);
  const attributes = await arrived.workspace.attributes();
  expect(attributes['ada.lindqvist@example.com']).toEqual({
    posthog_person_id: '018f3c2a-1000-0000-8000-0242ac120000',
    created_at: seconds('2025-01-01T10:00:00Z'),
    name: 'Ada Lindqvist',
    plan: 'pro',
  });
  expect(attributes['maya@example.com']).toMatchObject({ name: 'Maya 🌸 Oyelaran' });
  expect(attributes).not.toHaveProperty('oskar@example.com'); // deleted
});

it('skips visitors, and says nothing of consent or of what is missing', async (test) => {
  const arrived = await importWithPreset(test, 'posthog-persons', [
    line({ properties: { email: 'ada@example.com', id: '5', $os: 'Linux', plan: null, newsletter: false } }),
    line({ properties: {} }),
    line({ properties: { $initial_os: 'Linux' } }),
  ]);
  expect(arrived.counts).toEqual({ read: 3, delivered: 1, invalid: 0, skipped: 2 });
  expect(await arrived.workspace.attributes()).toEqual({
    'ada@example.com': {
      posthog_person_id: 'p',
      created_at: seconds('2025-01-01T10:00:00Z'),
      properties_id: '5',
      newsletter: false,
    },
  });
});

it("reads the CSV of the app's table, in which True is a boolean and None is nothing", async (test) => {
  const arrived = await importWithPreset(test, 'posthog-persons', 'posthog-persons.csv');
  expect(arrived.code, arrived.stderr).toBe(6);
  expect(arrived.counts).toEqual({ read: 20, delivered: 17, invalid: 3, skipped: 0 });
  // No e-mail, and a visitor's id where the e-mail should be.
  expect(arrived.invalid).toEqual(['4: no_identifier', '5: no_identifier', '9: no_identifier']);
  const people = await arrived.workspace.attributes();
  expect(people['ada.lindqvist@example.com']).toEqual({
    posthog_person_id: '018f3c2a-1000-0000-8000-0242ac120000',
    created_at: seconds('2025-01-01T00:00:00Z'),
    name: 'Ada Lindqvist',
    plan: 'pro',
    newsletter: true,
  });
  expect(people['bela.oconnor@example.org']).toMatchObject({
    created_at: seconds('2025-02-02T01:02:01Z'),
    newsletter: false,
  });
  expect(people['chiara.null@example.com']).toEqual({
    posthog_person_id: '018f3c2a-1002-0000-8002-0242ac120002',
    created_at: seconds('2025-03-03T02:04:02Z'),
    name: 'Chiara Null',
  });
  expect(people['lin.mei@example.com']).toMatchObject({ name: 'Lin, Mei Zhao' });
});
