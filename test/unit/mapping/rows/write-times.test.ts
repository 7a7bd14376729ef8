import { describe, expect, it } from 'vitest';
import { hashPerson } from '../../../../src/domain/person.ts';
import { createPreparer } from '../../../../src/mapping/rows/prepare.ts';
import { createWriteTimes } from '../../../../src/mapping/rows/write-times.ts';
import { blockOf, csv, IDENTITY, ndjson, planOf, sentOf } from '../../../support/mapping.ts';
import { createRandom } from '../../../support/random.ts';

const NOW = 1_764_000_000;

const prepare = (source: Parameters<typeof planOf>[0], api: 'v1' | 'v2' = 'v2') => {
  const { plan } = planOf(source, { api });
  const preparer = createPreparer(
    {
      layout: source.layout,
      plan,
      identity: IDENTITY,
      skipRows: 0,
      recent: { policy: 'allow', sinceSeconds: 0 },
      timesFrom: 0,
    },
    undefined,
    () => NOW * 1000,
  );
  const chunk = preparer.prepare(blockOf(source.rows));
  return { sent: sentOf(chunk).map(({ json }) => json), skipped: chunk.skipped };
};

describe('times of updates', () => {
  it('rise with every update of a person, and never lie in the future', () => {
    const times = createWriteTimes(0);
    times.setClock(NOW * 1000 + 999);
    const own = Array.from({ length: 15 }, () => times.next([1], 1));
    expect(own).toEqual([...Array.from({ length: 11 }, (_, n) => NOW - 10 + n), NOW, NOW, NOW, NOW]);
    expect(times.next([2], 1)).toBe(NOW - 10);
    expect(times.next([2, 1], 1)).toBe(NOW); // two names of one person
    times.setClock((NOW + 1) * 1000);
    expect(times.next([2], 1)).toBe(NOW + 1);
  });

  it('never fall back for a person of whom rows say now one name and now another', () => {
    const random = createRandom(3);
    const people = Array.from({ length: 40 }, (_, n) => [
      hashPerson(`id:${n}`),
      hashPerson(`email:${n}`),
      hashPerson(`cio_id:${n}`),
    ]);
    for (const names of [2, 3, 7]) {
      const times = createWriteTimes(0);
      const latest = new Map<number, number>();
      for (let n = 0; n < 20_000; n++) {
        if (n % 500 === 0) times.setClock(NOW * 1000 + n);
        const person = Math.floor(random() * people.length);
        const mask = 1 + Math.floor(random() * names);
        const keys = (people[person] ?? []).filter((_, kind) => (mask & (1 << kind)) !== 0);
        const seconds = times.next(keys, mask);
        expect(seconds).toBeGreaterThanOrEqual(latest.get(person) ?? 0);
        latest.set(person, seconds);
      }
    }
  });

  it('never fall behind those of an earlier run, also when the clock does', () => {
    const times = createWriteTimes(NOW + 100);
    times.setClock(NOW * 1000);
    expect([times.next([1], 1), times.next([1], 1)]).toEqual([NOW + 100, NOW + 100]);
    times.setClock((NOW + 200) * 1000);
    times.setClock(NOW * 1000);
    expect([times.next([2], 1), times.next([1], 1)]).toEqual([NOW + 190, NOW + 190]);
  });
});

describe('times of many people', () => {
  it('never fall back for one of them, whoever shares their place in memory', () => {
    const times = createWriteTimes(0);
    const random = createRandom(17);
    const latest = new Map<number, number>();
    const fellBack: number[] = [];
    for (let n = 0; n < 400_000; n++) {
      if (n % 5_000 === 0) times.setClock(NOW * 1000 + n / 20);
      // Some are busy, most are not: 200,000 people for 32,768 places.
      const person = Math.floor(random() ** 3 * 200_000);
      const keys =
        person % 7 === 0 ? [hashPerson(`id:${person}`), hashPerson(`email:${person}`)] : [hashPerson(`id:${person}`)];
      const seconds = times.next(keys, 1);
      if (seconds < (latest.get(person) ?? 0)) fellBack.push(person);
      latest.set(person, seconds);
    }
    expect(fellBack).toEqual([]);
    expect(Math.max(...new Set(latest.values()))).toBeLessThanOrEqual(NOW + 20);
  });
});

describe('an identify', () => {
  it('carries a time that rises, in v2 beside its attributes and in v1 among them', () => {
    const file = csv('id,plan', '7,free', '8,free', '7,pro');
    expect(prepare(file).sent.map((one) => one.timestamp)).toEqual([NOW - 10, NOW - 10, NOW - 9]);
    expect(prepare(file, 'v1').sent).toEqual([
      { _timestamp: NOW - 10, plan: 'free' },
      { _timestamp: NOW - 10, plan: 'free' },
      { _timestamp: NOW - 9, plan: 'pro' },
    ]);
    expect(prepare(csv('id', '7'), 'v1').sent).toEqual([{ _timestamp: NOW - 10 }]);
  });

  it('keeps the time that its row has', () => {
    const operation = { type: 'person', identifiers: { id: '7' }, action: 'identify', attributes: {} };
    const { sent } = prepare(
      ndjson(
        { ...operation, timestamp: 1_700_000_000 },
        { type: 'identify', userId: '8', timestamp: 1_700_000_000 },
        { id: '9', _timestamp: 1_700_000_000 },
        { ...operation, cio_relationships: [], timestamp: 1_700_000_000 },
      ),
    );
    expect(sent.map((one) => one.timestamp ?? one.attributes._timestamp)).toEqual([
      1_700_000_000, 1_700_000_000, 1_700_000_000, 1_700_000_000,
    ]);
    expect(prepare(csv('id,_timestamp', '7,1700000000', '8,')).sent.map((one) => one.timestamp)).toEqual([
      undefined,
      NOW - 10,
    ]);
    expect(prepare(ndjson({ ...operation, cio_relationships: [] })).sent[0].timestamp).toBe(NOW - 10);
    expect(prepare(ndjson({ ...operation, timestamp: 1_700_000_000 }), 'v1').sent).toEqual([
      { _timestamp: 1_700_000_000 },
    ]);
  });

  it("is unchanged whatever its time, and is not when the time was the row's own", () => {
    expect(prepare(csv('id,plan', '7,ü', '7,ü', '7,ö')).skipped).toEqual({ unchanged: 1 });
    const operation = { type: 'person', identifiers: { id: '7' }, action: 'identify', attributes: { plan: 'free' } };
    expect(prepare(ndjson({ ...operation, timestamp: 1_700_000_000 }, operation, operation)).skipped).toEqual({
      unchanged: 1,
    });
  });
});
