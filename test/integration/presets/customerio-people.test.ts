import { expect, it } from 'vitest';
import { expectEnd, importWithPreset } from '../../support/preset-import.ts';

const PRESET = 'customerio-people';

it('people of another workspace arrive as they were, without what belongs to the system', async (test) => {
  const imported = await importWithPreset(test, PRESET, `${PRESET}.csv`);
  expectEnd(imported, { rows_read: 20, delivered: 20, invalid: 0, skipped: 0, exit_code: 0 });
  const people = await imported.workspace.people();
  expect(people).toHaveLength(20);
  expect(people[0]).toMatchObject({
    id: '7000',
    email: 'ada.lindqvist@example.com',
    attributes: {
      created_at: 1_704_067_200,
      unsubscribed: false,
      cio_subscription_preferences: { topics: { topic_1: true, topic_2: false } },
      first_name: 'Ada',
      last_name: 'Lindqvist',
      phone: '+12125550101',
      timezone: 'Europe/Vienna',
      plan: 'pro',
      seats: 0,
      address: { city: 'New York', zip: '10001', lines: ['1 Harbour Street', 'Apt 4'] },
      birthday: 641_606_400,
    },
  });
  const { attributes } = imported;
  expect(attributes).toMatchObject({
    '7001': { unsubscribed: true, tags: ['vip', 'say "hi"', 'a,b'] },
    '9007199254740993': {
      plan: 'null',
      cio_subscription_preferences: { topics: { topic_1: false }, channels: { email: true, sms: false } },
    },
    'dmitri@example.com': { first_name: 'Дмитрий' },
    '7005': { created_at: 1_704_067_200, unsubscribed: true }, // milliseconds in the file
    '7007': { unsubscribed: true }, // 1
    '7008': { unsubscribed: true }, // TRUE
    '7009': { unsubscribed: false }, // no
    '7011': { address: 'two\nlines, as text' },
    '7013': { tags: [] },
    'user|with,comma': { first_name: 'Priya' },
    '0042': { unsubscribed: true },
  });
  expect(people.find(({ id }) => id === '7008')?.email).toBeNull();
  for (const person of people)
    expect(Object.keys(person.attributes).filter((name) => /^(_|cio_i|anonymous)/.test(name))).toEqual([]);
  expect(attributes['7010']).not.toHaveProperty('unsubscribed');
  expect(attributes['7004']).not.toHaveProperty('created_at');
});

it('exports of Customer.io have the columns that were chosen, and rows may be short', async (test) => {
  const imported = await importWithPreset(test, PRESET, [
    'email,unsubscribed,cio_subscription_preferences,timezone_valid,cio_city',
    'ada@example.com, TRUE ,"{""topics"":{""topic_1"":false}}",true,Linz',
    'bela@example.com,false',
    'chiara@example.com,never',
  ]);
  expectEnd(imported, { delivered: 2, invalid: 1, exit_code: 6 });
  expect(imported.undelivered).toEqual([[3, 'bad_value', 2]]);
  expect(imported.attributes).toEqual({
    'ada@example.com': { unsubscribed: true, cio_subscription_preferences: { topics: { topic_1: false } } },
    'bela@example.com': { unsubscribed: false },
  });
  const without = await importWithPreset(test, PRESET, ['id,email,cio_subscription_preferences', '7,ada@example.com,']);
  expectEnd(without, { delivered: 1, exit_code: 0 });
  expect(without.result.stderr).toContain('it has no column "unsubscribed", so it does not tell who has unsubscribed');
});
