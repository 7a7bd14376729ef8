import { describe, expect, it } from 'vitest';
import { runCli } from '../../support/cli.ts';
import { tempFolder } from '../../support/temp.ts';
import {
  answer,
  firstTimes,
  hostileServer,
  take,
  type Behaviour,
  type HostileRequest,
} from '../../support/hostile-server.ts';
import { countsOf, send } from '../../support/send-people.ts';

interface Cell {
  readonly what: string;
  readonly behaviour: Behaviour;
  /** Rows sent; ten in a batch. */
  readonly rows: number;
  readonly code: number;
  readonly counts: Readonly<Record<string, number>>;
  readonly requests: number;
}

const says =
  (status: number, body: string): Behaviour =>
  ({ socket }) =>
    void socket.write(answer(status, body));

/** 207 with these entries, for every batch. */
const lists = (...errors: readonly unknown[]): Behaviour => says(207, JSON.stringify({ errors }));
const invalid = (index: unknown): object => ({
  batch_index: index,
  reason: 'invalid',
  field: 'attributes.plan',
  message: 'too long',
});

const CELLS: readonly Cell[] = [
  {
    what: 'an empty object means delivered',
    behaviour: says(200, '{}'),
    rows: 20,
    code: 0,
    counts: { delivered: 20 },
    requests: 2,
  },
  {
    what: 'an empty 200 means delivered',
    behaviour: says(200, ''),
    rows: 20,
    code: 0,
    counts: { delivered: 20 },
    requests: 2,
  },
  {
    what: 'a 204 means delivered',
    behaviour: ({ socket }) => void socket.write('HTTP/1.1 204 No Content\r\n\r\n'),
    rows: 20,
    code: 0,
    counts: { delivered: 20 },
    requests: 2,
  },
  {
    what: 'errors that are an object leave all unclear',
    behaviour: says(200, '{"errors":{"0":"bad"}}'),
    rows: 20,
    code: 6,
    counts: { unclear: 20 },
    requests: 2,
  },
  {
    what: 'errors that are a text leave all unclear',
    behaviour: says(200, '{"errors":"quota exceeded"}'),
    rows: 20,
    code: 6,
    counts: { unclear: 20 },
    requests: 2,
  },
  {
    what: 'errors that are null mean delivered',
    behaviour: says(200, '{"errors":null}'),
    rows: 20,
    code: 0,
    counts: { delivered: 20 },
    requests: 2,
  },
  {
    what: '207 rejects the rows it lists, in whatever order',
    behaviour: lists(invalid(7), invalid(2), invalid(9)),
    rows: 10,
    code: 6,
    counts: { delivered: 7, rejected: 3 },
    requests: 1,
  },
  {
    what: '207 that lists a row twice counts it once',
    behaviour: lists(invalid(3), invalid(3)),
    rows: 10,
    code: 6,
    counts: { delivered: 9, rejected: 1 },
    requests: 1,
  },
  {
    what: '207 with an index beyond the batch leaves the rest unclear',
    behaviour: lists(invalid(10), invalid(1)),
    rows: 10,
    code: 6,
    counts: { rejected: 1, unclear: 9 },
    requests: 1,
  },
  {
    what: '207 with a negative index leaves all unclear',
    behaviour: lists(invalid(-1)),
    rows: 10,
    code: 6,
    counts: { unclear: 10 },
    requests: 1,
  },
  {
    what: '207 with a fraction, a text and a null as index leaves all unclear',
    behaviour: lists(invalid(1.5), invalid('2'), invalid(null)),
    rows: 10,
    code: 6,
    counts: { unclear: 10 },
    requests: 1,
  },
  {
    what: '207 without any index leaves all unclear',
    behaviour: lists({ reason: 'invalid' }, 'nonsense', null),
    rows: 10,
    code: 6,
    counts: { unclear: 10 },
    requests: 1,
  },
  {
    what: '207 without a list leaves all unclear',
    behaviour: says(207, '{}'),
    rows: 10,
    code: 6,
    counts: { unclear: 10 },
    requests: 1,
  },
  {
    what: '207 with an empty body leaves all unclear',
    behaviour: says(207, ''),
    rows: 10,
    code: 6,
    counts: { unclear: 10 },
    requests: 1,
  },
  {
    what: 'errors are read under 200 too',
    behaviour: says(200, JSON.stringify({ errors: [invalid(0)] })),
    rows: 10,
    code: 6,
    counts: { delivered: 9, rejected: 1 },
    requests: 1,
  },
  {
    what: 'a 400 for one poison row rejects that row alone',
    behaviour: refusing(400),
    rows: 10,
    code: 6,
    counts: { delivered: 9, rejected: 1 },
    requests: 7,
  },
  {
    what: 'a 413 is halved until it fits',
    behaviour: atMost(3),
    rows: 10,
    code: 0,
    counts: { delivered: 10 },
    requests: 7,
  },
  {
    what: 'a 422 for one poison row rejects that row alone',
    behaviour: refusing(422),
    rows: 10,
    code: 6,
    counts: { delivered: 9, rejected: 1 },
    requests: 7,
  },
];

describe('answers of a service that does as it likes', () => {
  it.concurrent.for(CELLS)('$what', async ({ behaviour, rows, code, counts, requests }, test) => {
    const server = await hostileServer(test, behaviour);
    const result = await send(test, server.url, { rows });
    expect(countsOf(result)).toEqual(counts);
    expect(result.code).toBe(code);
    expect(result.summary?.['requests']).toBe(requests);
    expect(result.elapsedMs).toBeLessThan(20_000);
    if (code === 6) expect(result.lastLine).toMatch(/^cio-bulk failures --run 1$/);
  });

  it.concurrent(
    'a poison row that makes the service fall over stands alone in the end, and the others arrive',
    async (test) => {
      const server = await hostileServer(test, (request, self) =>
        holds(request, 'u14') ? void request.socket.write(answer(500, '{}')) : take(request, self),
      );
      const result = await send(test, server.url, { args: ['--max-attempts', '2', '--max-outage', '20s'] });
      expect(countsOf(result)).toEqual({ delivered: 29, failed: 1 });
      expect(result.code).toBe(6);
      expect(result.lastLine).toBe('cio-bulk retry-failed --run 1');
    },
  );

  it.concurrent(
    'a poison row at the front of the only batch is isolated too, although nothing passes until it stands alone',
    async (test) => {
      const server = await hostileServer(test, (request, self) =>
        holds(request, 'u1') ? void request.socket.write(answer(500, '{}')) : take(request, self),
      );
      const result = await send(test, server.url, {
        args: ['--batch-rows', '100', '--max-attempts', '5', '--max-outage', '20s'],
      });
      expect(countsOf(result)).toEqual({ delivered: 29, failed: 1 });
      expect(result.code).toBe(6);
    },
  );

  it.concurrent('a 404 on the batch endpoint stops at once: this is not the Track API', async (test) => {
    const server = await hostileServer(test, says(404, 'not here'));
    const result = await send(test, server.url, { args: ['--concurrency', '1'] });
    expect(result.code).toBe(5);
    expect(countsOf(result)).toEqual({ pending: 30 });
    expect(result.summary?.['requests']).toBeLessThanOrEqual(2);
    expect(result.stderr).toContain('CUSTOMERIO_TRACK_URL');
    expect(result.lastLine).toMatch(/^cio-bulk import /);
  });

  it.concurrent('a page of HTML in place of the region stops before any row leaves', async (test) => {
    const server = await hostileServer(test, take, {
      onRegion: says(200, '<html>Sign in to the hotel network</html>'),
    });
    const result = await send(test, server.url);
    expect(result.code).toBe(5);
    expect(server.batches).toHaveLength(0);
    expect(result.lastLine).toMatch(/^cio-bulk import /);
  });

  it.concurrent.for([
    ['a page of HTML', '<html>Sign in to the hotel network</html>'],
    ['half an object', '{"errors":[{"batch'],
    ['a word', 'OK'],
  ] as const)(
    '%s under 200 for every batch is a service that is not there: exit 5, and no row is settled',
    async ([, body], test) => {
      const server = await hostileServer(test, says(200, body), { onRegion: says(200, body) });
      const result = await send(test, server.url, { args: ['--no-preflight'] });
      expect(result.code).toBe(5);
      expect(countsOf(result)).toEqual({ pending: 30 });
      expect(result.lastLine).toMatch(/^cio-bulk import /);
    },
  );

  it.concurrent('a portal that is in between for a while costs no row', async (test) => {
    const server = await hostileServer(test, firstTimes(4, says(200, '<html>Sign in to the hotel network</html>')));
    const result = await send(test, server.url, { args: ['--max-outage', '20s'] });
    expect(countsOf(result)).toEqual({ delivered: 30 });
    expect(new Set(server.taken.map(({ identifiers }) => identifiers['id'])).size).toBe(30);
  });

  it.concurrent('retry-failed keeps its batches as small as --max-rows-per-second allows', async (test) => {
    let isSick = true;
    const server = await hostileServer(test, (request, self) =>
      isSick ? void request.socket.write(answer(400, '{}')) : take(request, self),
    );
    const folder = tempFolder(test);
    expect(countsOf(await send(test, server.url, { folder }))).toEqual({ rejected: 30 });
    isSick = false;
    const from = server.batches.length;
    const result = await runCli(
      test,
      ['retry-failed', '--rejected', '--run', '1', '--max-rows-per-second', '20', '--json'],
      { cwd: folder, trackUrl: server.url },
    );
    expect(countsOf(result)).toEqual({ delivered: 30 });
    expect(Math.max(...server.batches.slice(from).map(({ operations }) => operations.length))).toBeLessThanOrEqual(20);
  });

  it.concurrent('an answer of many megabytes is cut, not swallowed', async (test) => {
    const server = await hostileServer(test, says(200, `{"errors":[],"x":"${'y'.repeat(8_000_000)}"}`));
    const result = await send(test, server.url, { rows: 10, args: ['--timeout', '10s'] });
    expect(countsOf(result)).toEqual({ unclear: 10 });
  });
});

function holds({ operations }: HostileRequest, id: string): boolean {
  return operations.some(({ identifiers }) => identifiers['id'] === id);
}

function refusing(status: number): Behaviour {
  return (request, self) =>
    holds(request, 'u4')
      ? void request.socket.write(answer(status, '{"errors":[{"reason":"invalid","message":"bad row"}]}'))
      : take(request, self);
}

function atMost(operations: number): Behaviour {
  return (request, self) =>
    request.operations.length > operations
      ? void request.socket.write(answer(413, '<html>Too large</html>'))
      : take(request, self);
}
