import { expect, it } from 'vitest';
import { expectEnd, importWithPreset } from '../../support/preset-import.ts';

const PRESET = 'shopify-customers';

it('customers of Shopify become people with their address, tags and consent', async (test) => {
  const imported = await importWithPreset(test, PRESET, `${PRESET}.csv`);
  expectEnd(imported, { rows_read: 20, delivered: 18, invalid: 1, skipped: 1, exit_code: 6 });
  expect(imported.undelivered).toEqual([[9, 'no_identifier', 4]]); // a phone is no identifier
  const { attributes } = imported;
  expect(Object.keys(attributes)).toHaveLength(17);
  expect(attributes['ada.lindqvist@example.com']).toEqual({
    shopify_customer_id: '7210448301120',
    first_name: 'Ada',
    last_name: 'Lindqvist',
    unsubscribed: false,
    address: {
      line1: '1 Harbour Street',
      line2: 'Apt 4',
      city: 'New York',
      province: 'NY',
      country: 'US',
      zip: '10001',
    },
    phone: '+12125550101',
    accepts_sms_marketing: true,
    accepts_whatsapp_marketing: false,
    total_spent: 0,
    orders_count: 0,
    tax_exempt: false,
    metafields: { facts_birth_date: '1990-05-02' },
  });
  expect(attributes).toMatchObject({
    'bela.oconnor@example.org': {
      unsubscribed: true,
      note: 'Rang twice:\nleave the parcel at "Bar Béla",\nnot at the door.',
      tags: ['newsletter'],
      phone: '+447700900123',
    },
    'chiara.null@example.com': { last_name: 'Null', address: { company: 'Null & Sons, Inc.' }, tags: ['NULL'] },
    'dmitri@example.com': { tags: ['retail', 'ag-exempt', 'Login with Shop'], phone: '+13125550104' },
    'fadi@example.org': { address: { zip: '02108' } },
    'greta.mueller@example.com': { tax_exempt: true, tags: ['vip', 'newsletter'], address: { zip: '01067' } },
    'quentin@example.org': { phone: '(212) 555-0118' },
    "sam.o'hare@example.com": { total_spent: 1234567.8, metafields: { facts_birth_date: '2000-02-29' } },
  });
  for (const absent of ['note', 'tags', 'created_at']) expect(attributes['emi@example.com']).not.toHaveProperty(absent);
});

it('older exports of Shopify have other columns for the same', async (test) => {
  const imported = await importWithPreset(test, PRESET, [
    'First Name,Last Name,Email,Company,Address1,Address2,City,Province,Province Code,Country,Country Code,Zip,Phone,Accepts Marketing,Total Spent,Total Orders,Tags,Note,Tax Exempt',
    `Ada,King,ada@example.com,,Main St 1,,Linz,,,Austria,AT,'4020,'+43732000,yes,12.50,2,"a, b",,no`,
    'Béla,Kun,bela@example.com,,,,,,,,,,,maybe,,,,,no',
  ]);
  expectEnd(imported, { delivered: 1, invalid: 1, exit_code: 6 });
  expect(imported.undelivered).toEqual([[2, 'bad_value', 14]]); // consent is never guessed
  expect(imported.attributes).toEqual({
    'ada@example.com': {
      first_name: 'Ada',
      last_name: 'King',
      unsubscribed: false,
      address: { line1: 'Main St 1', city: 'Linz', country: 'AT', zip: '4020' },
      phone: '+43732000',
      total_spent: 12.5,
      orders_count: 2,
      tags: ['a', 'b'],
      tax_exempt: false,
    },
  });
});

it('an export of Shopify without consent says so', async (test) => {
  const imported = await importWithPreset(test, PRESET, ['First Name,Email', 'Ada,ada@example.com']);
  expectEnd(imported, { delivered: 1, exit_code: 0 });
  expect(imported.result.stderr).toContain('it has no column "Accepts Email Marketing"');
  expect(imported.attributes).toEqual({ 'ada@example.com': { first_name: 'Ada' } });
});

it('customers of Shopify can go by their own id, so that a phone alone is enough', async (test) => {
  const imported = await importWithPreset(test, PRESET, `${PRESET}.csv`, ['--id-column', 'Customer ID']);
  expectEnd(imported, { delivered: 20, invalid: 0, exit_code: 0 });
  expect(imported.attributes['7210448301128']).toMatchObject({ first_name: 'Ioana', phone: '+12125550109' });
});
