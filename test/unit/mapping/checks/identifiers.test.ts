import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { looksLikeEmail } from '../../../../src/mapping/checks/email-shape.ts';
import { parseMappingFile } from '../../../../src/mapping/plan/mapping-file.ts';
import { writeMappingFile } from '../../../../src/mapping/plan/mapping-write.ts';
import { csv, csvLayout, ndjson, planOf, run } from '../../../support/mapping.ts';

const codes = ({ chunk }: ReturnType<typeof run>): [number, string][] =>
  chunk.invalid.map(({ index, code }) => [index, code]);

describe('markers for "nothing"', () => {
  it('are nobody, in any form of row; a message names the column and never the marker', () => {
    for (const marker of [
      'NULL',
      '\\N',
      'n/a',
      'NaN',
      'None',
      'undefined',
      'Empty',
      '#N/A',
      ' null ',
      '[object Object]',
    ]) {
      const people = run(
        csv('id,email,city', `${marker},ann@example.com,Ghent`, `3,${marker},Oslo`, `4,bob@example.com,${marker}`),
      );
      expect([marker, codes(people)]).toEqual([
        marker,
        [
          [0, 'no_identifier'],
          [1, 'no_identifier'],
        ],
      ]);
      expect(people.chunk.invalid[1]).toMatchObject({
        column: 2,
        field: 'email',
        message: expect.stringMatching(/^the email is a marker.*--null/),
      });
      expect(people.sent[0]?.json.attributes.city).toBe(marker);
      const lines = run(
        ndjson(
          { id: marker, plan: 'x' },
          { type: 'track', userId: marker, event: 'e', timestamp: 1_700_000_000 },
          { type: 'identify', userId: '7', traits: { email: marker } },
          { type: 'person', identifiers: { id: marker }, action: 'identify', attributes: {} },
          {
            type: 'person',
            identifiers: { email: marker },
            action: 'add_device',
            device: { token: 't', platform: 'ios' },
          },
          { type: 'person', action: 'merge', primary: { id: '7' }, secondary: { id: marker } },
        ),
      );
      expect([marker, codes(lines).map(([, code]) => code)]).toEqual([
        marker,
        Array.from({ length: 6 }, () => 'no_identifier'),
      ]);
    }
  });

  it('beside the identifier of an event change nothing', () => {
    expect(run(csv('user_id,email,event,timestamp', '7,NULL,e,1700000000')).sent).toHaveLength(1);
    expect(run(ndjson({ user_id: '7', email: 'NULL', event: 'e', timestamp: 1_700_000_000 })).sent).toHaveLength(1);
  });

  it('that --null names are empty cells in every column, so that types and the other identifier come right', () => {
    const { sent, chunk, plan } = run(
      csv('id,email,city,score', 'NULL,ann@example.com,\\n,3', '4,null,Ghent,NULL', 'n/a,bob@example.com,x,1'),
      { nulls: ['NULL', '\\N'] },
    );
    expect(sent.map(({ json }) => [json.identifiers, json.attributes])).toEqual([
      [{ email: 'ann@example.com' }, { score: 3 }],
      [{ id: '4' }, { city: 'Ghent' }],
    ]);
    expect(plan.columns.find(({ name }) => name === 'score')?.type).toBe('number');
    expect(chunk.invalid.map(({ code }) => code)).toEqual(['no_identifier']);
    const [flat, typed] = run(
      ndjson(
        { id: '7', city: 'null', tags: ['a', 'NULL'] },
        { type: 'identify', userId: '8', traits: { city: 'NULL' } },
      ),
      { nulls: ['NULL'] },
    ).sent;
    expect([flat?.json.attributes, typed?.json.attributes]).toEqual([
      { city: null, tags: ['a', null] },
      { city: null },
    ]);
  });

  it("are names with --null ''", () => {
    expect(
      run(csv('id,email', 'NULL,none', 'nan,x@example.com'), { nulls: [] }).sent.map(({ json }) => json.identifiers.id),
    ).toEqual(['NULL', 'nan']);
  });

  it('that were named are kept in a written mapping file', () => {
    const source = csv('id,score', '1,NULL', '2,5');
    const map = parseMappingFile(writeMappingFile(planOf(source, { nulls: ['NULL'] })), 'map.json');
    expect(planOf(source, { map }).plan).toEqual({ ...planOf(source, { nulls: ['NULL'] }).plan });
  });

  it('that nobody has change no byte of what is sent', () => {
    const cell = fc.string({ maxLength: 12, unit: 'grapheme' });
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat().map(String), cell, cell), { minLength: 1, maxLength: 10 }), (rows) => {
        const source = { layout: csvLayout(['id', 'a', 'b']), rows };
        expect(run(source, { nulls: ['a marker that is in no file'] }).sent.map(({ text }) => text)).toEqual(
          run(source).sent.map(({ text }) => text),
        );
      }),
    );
  });
});

describe('e-mails', () => {
  it('of one address are told from everything that only resembles one', () => {
    for (const good of [
      'a@b.c',
      'Ann+News@Example.COM',
      'münchen@exämple.de',
      "o'brien@example.com",
      '"quoted local"@example.com',
      'x_y@sub.example.co.uk',
    ])
      expect([good, looksLikeEmail(good)]).toEqual([good, true]);
    for (const bad of [
      ' spaced@example.com ',
      'nbsp\u00a0@example.com',
      'zw\u200b@example.com',
      'mailto:x@example.com',
      'Ann <ann@example.com>',
      'not-an-email',
      'a@example.com;b@example.com',
      'a@b@c.d',
      '@b.c',
      'a@',
      'a@localhost',
      'a@b..c',
      'a@b.',
    ]) {
      expect([bad, looksLikeEmail(bad)]).toEqual([bad, false]);
    }
  });

  it('that are implausible, and ids that look like e-mails, are sent, counted, and said with the first row', () => {
    const emails = csv('id,email', '1,ann@example.com', '2,mailto:x@example.com', '3,not-an-email');
    expect(planOf(emails).identityWarnings).toEqual([
      '2 rows have an e-mail that does not look like one address (first: row 2): it is sent as it stands',
    ]);
    expect(run(emails).sent).toHaveLength(3);
    expect(planOf(csv('id,plan', 'a@example.com,pro', '7,pro')).identityWarnings).toEqual([
      '1 row has an id that looks like an e-mail address (first: row 1): if it is one, name its column with --email-column',
    ]);
    expect(
      planOf(ndjson({ type: 'identify', userId: 'a@example.com', traits: { email: 'ann' } })).identityWarnings,
    ).toHaveLength(2);
    expect(planOf(csv('email,event', 'ann,x', 'ann,y')).identityWarnings).toHaveLength(1);
  });
});
