import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { settleConsent } from '../../../../src/mapping/values/consent.ts';
import { parseMappingFile } from '../../../../src/mapping/plan/mapping-file.ts';
import { writeMappingFile } from '../../../../src/mapping/plan/mapping-write.ts';
import { csv, csvLayout, errorOf, ndjson, planOf, run } from '../../../support/mapping.ts';

const YES = ['true', 'TRUE', 'yes', 'Yes', 'y', 't', 'on', '1', ' yes '];
const NO = ['false', 'no', 'N', 'f', 'OFF', '0'];
const UNCLEAR = ['opted out', 'unsubscribed', 'ja', '2', 'x', 'NULL', 'subscribed', '01'];

/** A person in every form that a JSON line may have. */
const forms = (value: unknown): Record<string, unknown>[] => [
  { id: '1', unsubscribed: value },
  { type: 'identify', userId: '2', traits: { unsubscribed: value } },
  { type: 'person', identifiers: { id: '3' }, action: 'identify', attributes: { unsubscribed: value } },
  {
    type: 'person',
    identifiers: { id: '4' },
    action: 'identify',
    attributes: { unsubscribed: value },
    cio_relationships: [],
  },
];

describe('unsubscribed', () => {
  it('is sent as true or false, whatever word a cell says it with', () => {
    const { sent } = run(csv('id,unsubscribed', ...[...YES, ...NO].map((word, index) => `${index},${word}`)));
    expect(sent.map(({ json }) => json.attributes.unsubscribed)).toEqual([
      ...YES.map(() => true),
      ...NO.map(() => false),
    ]);
  });

  it('that is no yes or no makes its row invalid, with a message that does not repeat it', () => {
    for (const options of [{}, { types: 'string' }, { types: 'unsubscribed:string' }]) {
      const { sent, chunk } = run(csv('id,unsubscribed', ...UNCLEAR.map((word, index) => `${index},${word}`)), options);
      expect(sent).toEqual([]);
      expect(
        chunk.invalid.every(
          ({ code, column, message }) => code === 'bad_value' && column === 2 && message.includes('never guessed'),
        ),
      ).toBe(true);
    }
  });

  it('in JSON lines of every form follows the same rule', () => {
    for (const [given, sentAs] of [
      ['yes', true],
      ['No', false],
      [1, true],
      [0, false],
      [true, true],
      ['', undefined],
      [null, undefined],
    ] as const) {
      expect([given, run(ndjson(...forms(given))).sent.map(({ json }) => json.attributes.unsubscribed)]).toEqual([
        given,
        [sentAs, sentAs, sentAs, sentAs],
      ]);
    }
    for (const given of ['opted out', 2, { a: true }, ['yes']])
      expect([given, run(ndjson(...forms(given))).chunk.invalid.map(({ code }) => code)]).toEqual([
        given,
        Array.from({ length: 4 }, () => 'bad_value'),
      ]);
    // A field that the sample did not have.
    const { sent } = run({
      ...ndjson({ id: '1' }),
      rows: [{ json: { id: '1' } }, { json: { id: '2', unsubscribed: 'yes' } }],
    });
    expect(sent[1]?.json.attributes.unsubscribed).toBe(true);
  });

  it('that is empty says nothing, whatever --empty says of other columns', () => {
    for (const empty of ['omit', 'null', 'keep'] as const)
      expect(run(csv('id,unsubscribed,plan', '1,,pro'), { empty }).sent[0]?.json.attributes).toEqual({ plan: 'pro' });
  });

  it('of an event, or in another spelling, is an ordinary value; the spelling is warned about', () => {
    expect(
      run(csv('id,event,timestamp,unsubscribed', '1,x,1700000000,maybe')).sent[0]?.json.attributes.unsubscribed,
    ).toBe('maybe');
    expect(planOf(csv('id,Unsubscribed', '1,yes')).warnings.join()).toContain('unsubscribes nobody');
  });

  it('as a constant is checked before anything is read', () => {
    expect(run(csv('id', '1'), { set: ['unsubscribed=yes'] }).sent[0]?.json.attributes.unsubscribed).toBe(true);
    expect(errorOf(() => planOf(csv('id', '1'), { set: ['unsubscribed=opted-out'] })).message).toContain(
      '"unsubscribed" is neither yes nor no',
    );
  });

  it('keeps its rule in a written mapping file', () => {
    const map = parseMappingFile(writeMappingFile(planOf(csv('id,unsubscribed', '1,no'))), 'map.json');
    expect(run(csv('id,unsubscribed', '1,yes', '2,perhaps'), { map }).sent.map(({ json }) => json.attributes)).toEqual([
      { unsubscribed: true },
    ]);
  });
});

describe('subscription preferences', () => {
  it('are sent as booleans, one topic or all of them, or not at all', () => {
    const topics = 'cio_subscription_preferences.topics.topic_1';
    expect(
      run(csv(`id,${topics}`, '1,no', '2,off', '3,weekly')).sent.map(({ json }) => json.attributes[topics]),
    ).toEqual([false, false]);
    const all = { topics: { topic_1: 'no', topic_2: true, topic_3: '' } };
    const wanted = { topics: { topic_1: false, topic_2: true } };
    expect(
      run(ndjson({ id: '1', cio_subscription_preferences: all })).sent[0]?.json.attributes.cio_subscription_preferences,
    ).toEqual(wanted);
    expect(
      run({
        layout: csvLayout(['id', 'cio_subscription_preferences']),
        rows: [
          ['1', JSON.stringify(all)],
          ['2', 'none of them'],
          ['3', '{"topics":{"topic_1":"weekly"}}'],
        ],
      }).sent.map(({ json }) => json.attributes),
    ).toEqual([{ cio_subscription_preferences: wanted }]);
    expect(run(ndjson({ id: '1', cio_subscription_preferences: 'no' })).chunk.invalid[0]?.code).toBe('bad_value');
  });
});

it('attributes without consent in them are the same object as before', () => {
  fc.assert(
    fc.property(
      fc.dictionary(
        fc.string().filter((name) => !/^(unsubscribed$|cio_subscription)/.test(name)),
        fc.jsonValue(),
      ),
      (attributes) => {
        expect(settleConsent(attributes)).toBe(attributes);
      },
    ),
  );
});
