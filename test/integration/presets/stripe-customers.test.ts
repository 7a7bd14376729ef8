import { expect, it } from 'vitest';
import { expectEnd, importWithPreset } from '../../support/preset-import.ts';

const PRESET = 'stripe-customers';

it('customers of Stripe become people with their plan, their totals and their metadata', async (test) => {
  const imported = await importWithPreset(test, PRESET, `${PRESET}.csv`);
  expectEnd(imported, { rows_read: 20, delivered: 19, invalid: 1, skipped: 0, exit_code: 6 });
  expect(imported.undelivered).toEqual([[9, 'no_identifier', 3]]);
  const { attributes } = imported;
  expect(Object.keys(attributes)).toHaveLength(18);
  expect(attributes['ada.lindqvist@example.com']).toEqual({
    stripe_customer_id: 'cus_PrEsEt00000001',
    name: 'Ada Lindqvist',
    created_at: Date.UTC(2026, 0, 1) / 1000,
    delinquent: false,
    plan: 'Pro monthly',
    subscription_status: 'active',
    total_spend: 0,
    payment_count: 0,
    refunded_volume: 0,
    dispute_losses: 0,
    user_id: '40000',
  });
  expect(attributes).toMatchObject({
    'bela.oconnor@example.org': { delinquent: true, created_at: Date.UTC(2026, 1, 2, 1, 7) / 1000 },
    'chiara.null@example.com': { tag: 'null' },
    'emi@example.com': { stripe_description: 'Signed up via "spring, 2026" page' },
    'greta.mueller@example.com': { stripe_description: 'Two lines:\nfirst order by phone' },
    'joao.silva@example.com': { stripe_customer_id: 'cus_PrEsEt00000011', user_id: '40010' }, // the later of two
    'kwame+news@example.org': { user_id: '9007199254740993' },
    'lin.mei@example.com': { tag: 'vip,"gold"' },
    'maya@example.com': { total_spend: 1234567.89 },
    'priya@example.com': { user_id: '00042' },
    'quentin@example.org': { name: 'Quentin Λάμπρου' },
  });
  expect(attributes['hanna@example.com']).not.toHaveProperty('delinquent');
  for (const person of Object.values(attributes)) expect(person).not.toHaveProperty('unsubscribed');
});

it('of other columns of Stripe, those about cards, addresses and taxes are left out', async (test) => {
  const imported = await importWithPreset(test, PRESET, [
    'id,Email,Created (UTC),Phone,Currency,Card Last4,Card Address Zip,Shipping Address Line1,Business Vat ID,Tax ID,plan (metadata),id (metadata),Plan',
    'cus_1,ada@example.com,2026-01-01 10:00:05,+43732000,eur,4242,4020,Main St 1,ATU1,1,gold,7,Pro',
  ]);
  expectEnd(imported, { delivered: 1, exit_code: 0 });
  expect(imported.attributes).toEqual({
    'ada@example.com': {
      stripe_customer_id: 'cus_1',
      created_at: Date.UTC(2026, 0, 1, 10, 0, 5) / 1000,
      phone: '+43732000',
      currency: 'eur',
      plan: 'Pro',
      plan_metadata: 'gold',
      id_metadata: '7',
    },
  });
});

it("customers of Stripe can go by the company's own id", async (test) => {
  const imported = await importWithPreset(test, PRESET, `${PRESET}.csv`, ['--id-column', 'user_id (metadata)']);
  expectEnd(imported, { delivered: 20, invalid: 0, exit_code: 0 });
  expect(imported.attributes['00042']).toMatchObject({ name: 'Priya Raman' });
  expect(imported.attributes).toHaveProperty(['chiara.null@example.com']);
});
