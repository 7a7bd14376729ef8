import { expect, it } from 'vitest';
import { readPreset } from '../../../src/reading/presets.ts';
import { expectEnd, importWithPreset } from '../../support/preset-import.ts';

const PRESET = 'google-forms';
const BELA = {
  your_name: "Béla O'Connor",
  phone: '+447700900123',
  may_we_write_to_you: 'No',
  how_likely_are_you_to_recommend_us_0_10: 1,
  anything_else: 'It said "thank you",\nand that was all.',
};

it('answers to a form become attributes of the person, and of several the last', async (test) => {
  const imported = await importWithPreset(test, PRESET, `${PRESET}.csv`);
  expectEnd(imported, { rows_read: 20, delivered: 20, invalid: 0, skipped: 0, exit_code: 0 });
  const { attributes } = imported;
  expect(Object.keys(attributes)).toHaveLength(19);
  expect(attributes['bela.oconnor@example.org']).toEqual({
    ...BELA,
    last_form_at: Date.UTC(2026, 0, 15, 5, 33, 27) / 1000,
    which_letters_would_you_like_to_get: 'Product news;Events',
  });
  expect(attributes).toMatchObject({
    'ada.lindqvist@example.com': {
      last_form_at: Date.UTC(2026, 0, 15, 17, 31, 58) / 1000,
      birthday: '1990/05/02',
      how_likely_are_you_to_recommend_us_0_10: 0,
    },
    'dmitri@example.com': { last_form_at: Date.UTC(2026, 6, 3, 22) / 1000 }, // 12:00:00 AM
    'emi@example.com': { last_form_at: Date.UTC(2026, 6, 4, 10) / 1000 },
    'ioana@example.com': { your_name: 'Ioana Popescu' }, // typed with blanks around it
    'JOAO.Silva@Example.com': { last_form_at: Date.UTC(2026, 1, 11, 10, 10, 10) / 1000, phone: '+13055550110' },
  });
  for (const person of Object.values(attributes)) expect(person).not.toHaveProperty('unsubscribed');
});

it('answers can be events, which keeps all of them', async (test) => {
  const flags = ['--kind', 'events', '--event-name', 'Form submitted', '--allow-triggers'];
  const imported = await importWithPreset(test, PRESET, `${PRESET}.csv`, flags);
  expectEnd(imported, { rows_read: 20, delivered: 20, invalid: 0, exit_code: 0 });
  const events = await imported.workspace.events();
  expect(events).toHaveLength(20);
  expect(events[1]).toMatchObject({
    name: 'Form submitted',
    timestamp: Date.UTC(2026, 0, 15, 5, 33, 27) / 1000,
    data: { ...BELA, which_letters_would_you_like_to_get: 'Product news;Events' },
  });
});

it('of a linked sheet somebody has to say whether the day or the month comes first', async (test) => {
  const unsaid = await importWithPreset(test, PRESET, `${PRESET}-sheet.csv`, ['--timezone', 'Europe/Vienna']);
  expect(unsaid.result.code).toBe(2);
  expect(unsaid.result.stderr).toContain('"Timestamp": the value is a date that can be read in two ways');
  expect(await unsaid.workspace.writes()).toBe(0);

  const map = JSON.parse(readPreset(PRESET).text);
  map.columns['Timestamp'].format = 'mm/dd/yyyy';
  map.columns['Which letters*'] = { to: 'letters' };
  const said = await importWithPreset(test, map, `${PRESET}-sheet.csv`, ['--timezone', 'Europe/Vienna']);
  expectEnd(said, { delivered: 20, invalid: 0, exit_code: 0 });
  const { attributes } = said;
  expect(attributes['bela.oconnor@example.org']).toEqual({
    ...BELA,
    last_form_at: Date.UTC(2026, 0, 15, 5, 33, 27) / 1000,
    letters: 'Product news, Events',
  });
  expect(attributes['dmitri@example.com']).toMatchObject({ last_form_at: Date.UTC(2026, 6, 3, 22) / 1000 });
});

it('forms of other ages and kinds are read, too', async (test) => {
  const older = await importWithPreset(test, PRESET, [
    '"Timestamp","Username","Your name","Your name","Rate us [Taste]","id"',
    '"2022/10/17 6:31:58 PM EST","ada@example.com","Ada","King","5","7"',
    '"soon","bela@example.com","Béla","","",""',
  ]);
  expectEnd(older, { delivered: 1, invalid: 1, exit_code: 6 });
  expect(older.undelivered).toEqual([[2, 'bad_timestamp', 1]]);
  expect(older.attributes).toEqual({
    'ada@example.com': {
      last_form_at: Date.UTC(2022, 9, 17, 23, 31, 58) / 1000,
      your_name: 'Ada',
      your_name_2: 'King',
      rate_us_taste: 5,
      id_2: 7, // not the person's
    },
  });
  const asked = await importWithPreset(
    test,
    PRESET,
    ['"Timestamp","Your e-mail"', '"2026/01/15 6:31:58 PM GMT+1","ada@example.com"'],
    ['--email-column', 'Your e-mail'],
  );
  expectEnd(asked, { delivered: 1, exit_code: 0 });
  expect(Object.keys(asked.attributes)).toEqual(['ada@example.com']);
});
