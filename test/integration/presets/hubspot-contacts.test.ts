import { expect, it } from 'vitest';
import { expectEnd, importWithPreset } from '../../support/preset-import.ts';

const PRESET = 'hubspot-contacts';
const VIENNA = ['--timezone', 'Europe/Vienna'];

it('contacts of HubSpot become people with their stage, company and consent', async (test) => {
  const imported = await importWithPreset(test, PRESET, `${PRESET}.csv`, VIENNA);
  expectEnd(imported, { rows_read: 20, delivered: 19, invalid: 1, skipped: 0, exit_code: 6 });
  expect(imported.undelivered).toEqual([[9, 'no_identifier', 4]]);
  const { attributes } = imported;
  expect(Object.keys(attributes)).toHaveLength(18);
  expect(attributes['bela.oconnor@example.org']).toEqual({
    hubspot_id: '101200007919',
    first_name: 'Béla',
    last_name: "O'Connor",
    phone: '+447700900123',
    created_at: Date.UTC(2024, 1, 2, 9, 14) / 1000,
    last_activity_at: Date.UTC(2026, 1, 2, 8, 11) / 1000,
    lead_status: 'Open',
    lifecycle_stage: 'Customer',
    marketing_contact: true,
    company: 'Bel, & Sons',
    hubspot_company_ids: ['9002', '9999'],
    street_address: '221 Canal Road\nUnit 7',
    interests: 'Pricing;Webinars',
    unsubscribed: true,
    hubspot_optouts: { marketing_information: true },
  });
  expect(attributes).toMatchObject({
    'ada.lindqvist@example.com': { date_of_birth: '1990-05-02', hubspot_company_ids: ['9001'] },
    'chiara.null@example.com': { last_name: 'Null', company: 'null', marketing_contact: false },
    'dmitri@example.com': { annual_revenue: '1.5E+6', unsubscribed: false },
    'lin.mei@example.com': { created_at: Date.UTC(2024, 9, 27, 0, 30) / 1000 }, // the first of two hours
    'maya@example.com': { phone: '+1 (212) 555-0114 ext. 5' },
    'priya@example.com': { hubspot_id: '9007199254740993', created_at: Date.UTC(2024, 4, 17, 14, 44) / 1000 },
  });
  for (const absent of ['unsubscribed', 'hubspot_optouts', 'contact_owner', 'message'])
    expect(attributes['ada.lindqvist@example.com']).not.toHaveProperty(absent);
  expect(attributes['quentin@example.org']).not.toHaveProperty('lead_status'); // "(No value)"
});

it('nothing of HubSpot is sent until somebody says in which time zone its times are', async (test) => {
  const imported = await importWithPreset(test, PRESET, `${PRESET}.csv`);
  expect(imported.result.code).toBe(2);
  expect(imported.result.stderr).toContain('its times are in the time zone of the HubSpot account');
  expect(imported.result.stderr).toContain('say it with --timezone');
  expect(await imported.workspace.writes()).toBe(0);
});

it('an export of HubSpot without consent says so, and other columns and times are read, too', async (test) => {
  const imported = await importWithPreset(
    test,
    PRESET,
    [
      'Record ID,First Name,Last Name,Email,Create Date,Associated Company,Primary Associated Company ID,Opted out of email: News,Opted out of email: News,Favourite Cheese',
      '1,Ada,King,ada@example.com,2025-06-11 14:22:33 GMT-04:00,Fjord AS,9001,Yes,No,Brie;Feta',
      '2,Béla,Kun,bela@example.com,,,,perhaps,,',
    ],
    VIENNA,
  );
  expectEnd(imported, { delivered: 1, invalid: 1, exit_code: 6 });
  expect(imported.undelivered).toEqual([[2, 'bad_value', 8]]);
  expect(imported.result.stderr).toContain(
    'it has no column "Unsubscribed from all email", so it does not tell who has unsubscribed',
  );
  expect(imported.attributes).toEqual({
    'ada@example.com': {
      hubspot_id: '1',
      first_name: 'Ada',
      last_name: 'King',
      created_at: Date.UTC(2025, 5, 11, 18, 22, 33) / 1000,
      company: 'Fjord AS',
      hubspot_company_ids: ['9001'],
      hubspot_optouts: { news: true, news_2: false },
      favourite_cheese: 'Brie;Feta',
    },
  });
});
