import { expect, it } from 'vitest';
import { expectEnd, importWithPreset } from '../../support/preset-import.ts';

const PRESET = 'mailchimp-audience';
const SUBSCRIBED = ['--set', 'unsubscribed=false'];

it('subscribers of Mailchimp become people with their tags, time zone and day of sign-up', async (test) => {
  const imported = await importWithPreset(test, PRESET, `${PRESET}.csv`, SUBSCRIBED);
  expectEnd(imported, { rows_read: 20, delivered: 20, invalid: 0, skipped: 0, exit_code: 0 });
  const { attributes } = imported;
  expect(Object.keys(attributes)).toHaveLength(19);
  expect(attributes['bela.oconnor@example.org']).toEqual({
    first_name: 'Béla',
    last_name: "O'Connor",
    phone: '+447700900123',
    cheese_newsletter_topics: 'Blue cheese, Cheese\\, Wine\\, Bread',
    mailchimp_rating: 2,
    created_at: Date.UTC(2023, 1, 2, 1, 1, 1) / 1000,
    timezone: 'Europe/Vienna',
    country: 'AT',
    region: '09',
    mailchimp_id: 'a1b2c3d7d1',
    tags: ['VIP'],
    unsubscribed: false,
  });
  expect(attributes).toMatchObject({
    'ada.lindqvist@example.com': {
      created_at: Date.UTC(2023, 0, 1, 0, 1) / 1000, // not opted in, but confirmed
      address: { text: '1 Harbour Street  Apt 4  New York NY 10001 US' },
      birthday: '05/02',
    },
    'chiara.null@example.com': { last_name: 'Null', tags: ['VIP', 'Blog readers'], cheese_newsletter_topics: 'null' },
    'dmitri@example.com': { phone: '+13125550104' },
    'greta.mueller@example.com': { tags: ["Said 'yes', twice", 'Fair 2026'] },
    'hanna@example.com': { first_name: 'Hanna "Hank"', tags: ['tag with , comma'] },
  });
  for (const absent of ['notes', 'latitude', 'gmtoff', 'last_changed', 'confirm_ip', 'leid', 'confirm_time'])
    expect(attributes['fadi@example.org']).not.toHaveProperty(absent);
});

it('who has unsubscribed from Mailchimp, or was cleaned out of it, is unsubscribed without a word', async (test) => {
  const imported = await importWithPreset(test, PRESET, `${PRESET}-unsubscribed.csv`);
  expectEnd(imported, { rows_read: 20, delivered: 20, invalid: 0, exit_code: 0 });
  for (const person of Object.values(imported.attributes)) expect(person).toMatchObject({ unsubscribed: true });
  expect(imported.attributes['bela.oconnor.gone@example.org']).toMatchObject({
    unsubscribed_at: Date.UTC(2026, 1, 2, 1, 0, 1) / 1000,
    unsubscribe_reason: 'Other',
    unsubscribe_reason_other: 'Too many\nletters',
  });
  const cleaned = await importWithPreset(test, PRESET, [
    'Email Address,MEMBER_RATING,OPTIN_TIME,CONFIRM_TIME,CLEAN_TIME,CLEAN_CAMPAIGN_TITLE,CLEAN_CAMPAIGN_ID,LEID,EUID',
    'ada@example.com,1,,"2023-01-01 00:01:00","2024-01-01 00:00:00",May,1,1,e1',
  ]);
  expectEnd(cleaned, { delivered: 1, exit_code: 0 });
  expect(cleaned.attributes).toEqual({
    'ada@example.com': {
      mailchimp_rating: 1,
      created_at: Date.UTC(2023, 0, 1, 0, 1) / 1000,
      cleaned_at: Date.UTC(2024, 0, 1) / 1000,
      mailchimp_id: 'e1',
      unsubscribed: true,
    },
  });
});

it('nothing of Mailchimp is sent until somebody says whether its people have subscribed', async (test) => {
  const unsaid = await importWithPreset(test, PRESET, `${PRESET}.csv`);
  expect(unsaid.result.code).toBe(2);
  expect(unsaid.result.stderr).toContain('only the names of the files tell whether their people have subscribed');
  expect(unsaid.result.stderr).toContain('--set unsubscribed=true or --set unsubscribed=false');
  expect(await unsaid.workspace.writes()).toBe(0);
  const contradicted = await importWithPreset(test, PRESET, `${PRESET}-unsubscribed.csv`, SUBSCRIBED);
  expect(contradicted.result.code).toBe(2);
  expect(await contradicted.workspace.writes()).toBe(0);
  const suppressed = await importWithPreset(test, PRESET, `${PRESET}.csv`, ['--action', 'suppress', '--yes']);
  expectEnd(suppressed, { delivered: 20, exit_code: 0 }); // of whom nothing but the e-mail is sent
});

it('labels in the words of the account, and files without tags, are read when the e-mail is named', async (test) => {
  const imported = await importWithPreset(
    test,
    PRESET,
    [
      '"Indirizzo email",Nome,MEMBER_RATING,OPTIN_TIME,CONFIRM_TIME,LEID,EUID',
      'ada@example.com,Ada,2,"2018-02-03 04:05:06","2018-02-03 04:06:06",1,e1',
    ],
    [...SUBSCRIBED, '--email-column', 'Indirizzo email'],
  );
  expectEnd(imported, { delivered: 1, exit_code: 0 });
  expect(imported.attributes).toEqual({
    'ada@example.com': {
      nome: 'Ada',
      mailchimp_rating: 2,
      created_at: Date.UTC(2018, 1, 3, 4, 5, 6) / 1000,
      mailchimp_id: 'e1',
      unsubscribed: false,
    },
  });
});
