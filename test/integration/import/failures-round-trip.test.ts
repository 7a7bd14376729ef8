/** What did not arrive comes back as it stood in the file, can be mended there, and nothing else is sent again. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openWorkspace, type Workspace } from '../../support/workspace.ts';

const OLD = 1_600_000_000;

function read(workspace: Workspace, name: string): string {
  return readFileSync(join(workspace.folder, name), 'utf8');
}

function write(workspace: Workspace, name: string, text: string | Buffer): void {
  writeFileSync(join(workspace.folder, name), text);
}

async function operations(workspace: Workspace): Promise<number> {
  return (await workspace.sandbox.state()).operations_received;
}

it('the original cells of CSV stand in the failures file byte for byte, behind the columns that are added', async (test) => {
  const workspace = await openWorkspace(test);
  const long = 'x'.repeat(1001);
  const rows = [
    `"007","=1+1 ""quoted""\r\nsecond line", 01067 ,"${long}"`,
    `8,"-1;2",,'${long}`,
    '9,too few',
    '10,"a",b,c,"too, many"',
    ',=no(id),,y',
  ];
  write(workspace, 'people.csv', `id,"na""me",zip,note\r\n1,fine,,\r\n${rows.join('\r\n')}\r\n2,"unclosed,,\r\n`);
  const result = await workspace.run(['import', 'people.csv']);
  expect(result.code).toBe(6);
  expect((await workspace.run(['failures', '-o', 'bad.csv'])).code).toBe(0);
  const text = read(workspace, 'bad.csv');
  expect(text.slice(0, text.indexOf('\n'))).toBe(
    'cio_bulk_run,cio_bulk_row,cio_bulk_line,cio_bulk_state,cio_bulk_code,cio_bulk_reason,cio_bulk_record,id,"na""me",zip,note',
  );
  expect(text).toContain(`\n1,2,3,invalid,too_long,the value has 1001 bytes; the limit is 1000,,${rows[0]}\n`);
  expect(text).toContain(`\n1,3,5,invalid,too_long,the value has 1002 bytes; the limit is 1000,,${rows[1]}\n`);
  expect(text).toContain(`\n1,4,6,invalid,wrong_cell_count,"the row has 2 cells, the header 4",,${rows[2]}\n`);
  expect(text).toContain(`\n1,5,7,invalid,wrong_cell_count,"the row has 5 cells, the header 4",,${rows[3]}\n`);
  expect(text).toContain(
    `\n1,6,8,invalid,no_identifier,the row has no identifier: every identifier cell is empty,,${rows[4]}\n`,
  );
  expect(text).toContain('\n1,7,9,invalid,unparsable,a quote opens a cell and never closes,"2,""unclosed,,",,,,\n');
  // Nothing of it is sent until it is mended.
  const before = await operations(workspace);
  expect((await workspace.run(['import', 'bad.csv', '--json'])).summary).toMatchObject({
    rows_read: 6,
    delivered: 0,
    invalid: 6,
  });
  expect(await operations(workspace)).toBe(before);
});

it('a spreadsheet finds no formula in the columns that are added', async (test) => {
  const workspace = await openWorkspace(test);
  write(workspace, 'people.csv', 'id,note\n1,ok\n=HYPERLINK("x"),"=1+1\n');
  await workspace.run(['import', 'people.csv']);
  const { stdout } = await workspace.run(['failures']);
  expect(stdout).toContain(`,"'=HYPERLINK(""x""),""=1+1",,`);
});

it('failures, mended and imported: the mended rows arrive, nothing else is sent', async (test) => {
  const workspace = await openWorkspace(test);
  write(workspace, 'people.csv', `id;zip;note\n1;01067;a\n2;04109;${'x'.repeat(1001)}\n3;10115;c\n4;"=1;2"\n`);
  expect((await workspace.run(['import', 'people.csv', '--json'])).summary).toMatchObject({ delivered: 2, invalid: 2 });
  await workspace.run(['failures', '-o', 'bad.csv']);
  write(
    workspace,
    'fixed.csv',
    read(workspace, 'bad.csv')
      .replace(/x{1001}/, 'short')
      .replace('4;"=1;2"', '4;"=1;2";d'),
  );
  const again = await workspace.run(['import', 'fixed.csv', '--types', 'string', '--json']);
  expect(again.summary).toMatchObject({ rows_read: 2, delivered: 2 });
  expect(await operations(workspace)).toBe(4);
  expect(await workspace.attributes()).toEqual({
    1: { zip: '01067', note: 'a' },
    2: { zip: '04109', note: 'short' },
    3: { zip: '10115', note: 'c' },
    4: { zip: '=1;2', note: 'd' },
  });
});

it('retry-failed --from sends what was mended with the types and row numbers of its run, each row once', async (test) => {
  const workspace = await openWorkspace(test);
  write(workspace, 'events.csv', `id,event,score,note\n1,x,1,${'n'.repeat(50)}\n2,,2,b\n3,x,3,c\n,x,4,d\n5,x,5,e,f\n`);
  const first = await workspace.run(['import', 'events.csv', '--allow-triggers', '--json']);
  expect(first.summary).toMatchObject({ delivered: 2, invalid: 3 });
  await workspace.run(['failures', '-o', 'bad.csv']);
  const bad = read(workspace, 'bad.csv');
  const fixed = bad.replace('2,,2,b', '2,x,2,b').replace(',x,4,d', '4,x,4,d');
  write(workspace, 'fixed.csv', `${fixed}${fixed.split('\n').at(-2)?.replace('5,x,5,e,f', '5,x,5,e') ?? ''}\n`);
  // Without a word about them, events without a time stay where they are.
  const held = await workspace.run(['retry-failed', '--from', 'fixed.csv', '--json']);
  expect(held.code).toBe(6);
  expect(held.summary).toMatchObject({ delivered: 2, failed: 3, invalid: 0 });
  expect(await operations(workspace)).toBe(2);
  const sent = await workspace.run(['retry-failed', '--from', 'fixed.csv', '--allow-triggers', '--json']);
  expect(sent.code, sent.stderr).toBe(0);
  expect(sent.summary).toMatchObject({ rows_read: 5, delivered: 5, failed: 0, invalid: 0 });
  const events = await workspace.events();
  expect(events.map(({ data }) => data['score'])).toEqual([1, 3, 2, 4, 5]);
  expect(await workspace.sandbox.state()).toMatchObject({ operations_received: 5, duplicate_events_ignored: 0 });
  // Sent once more by mistake, the rows are known as delivered.
  await workspace.run(['retry-failed', '--from', 'fixed.csv', '--allow-triggers']);
  expect(await operations(workspace)).toBe(5);
});

it('NDJSON failures keep their lines, and what was added to them is never sent', async (test) => {
  const workspace = await openWorkspace(test);
  const lines = [
    `{"id":"1", "n":12345678901234567890,"note":"${'x'.repeat(1001)}"}`,
    `{"type":"track","userId":"2","event":"${'e'.repeat(101)}","timestamp":${OLD},"properties":{"a":1}}`,
    '{"type":"person","action":"add_device","identifiers":{"id":"1"},"device":{"token":"t"}}',
    `{"type":"person","action":"identify","identifiers":{"id":"3"},"attributes":{"a":"${'y'.repeat(1001)}"}}`,
    '{"id":"4",',
  ];
  write(workspace, 'rows.ndjson', `${lines.join('\n')}\n{"id":"5"}\n`);
  expect((await workspace.run(['import', 'rows.ndjson', '--json'])).summary).toMatchObject({
    delivered: 1,
    invalid: 5,
  });
  await workspace.run(['failures', '--format', 'ndjson', '-o', 'bad.ndjson']);
  const bad = read(workspace, 'bad.ndjson').trimEnd().split('\n');
  for (const index of lines.slice(0, 4).keys())
    expect(bad[index]).toMatch(new RegExp(`^\\{"cio_bulk_run":1,"cio_bulk_row":${index + 1},`));
  for (const [index, line] of lines.slice(0, 4).entries()) expect(bad[index]?.endsWith(`,${line.slice(1)}`)).toBe(true);
  expect(JSON.parse(bad[4] ?? '')).toMatchObject({
    cio_bulk_line: 5,
    cio_bulk_code: 'unparsable',
    cio_bulk_record: '{"id":"4",',
  });
  const fixed = bad
    .slice(0, 4)
    .join('\n')
    .replace(/[xy]{1001}/g, 'short')
    .replace(/e{101}/, 'bought')
    .replace('"token":"t"', '"token":"t","platform":"ios"');
  write(workspace, 'fixed.ndjson', `${fixed}\n`);
  const again = await workspace.run(['import', 'fixed.ndjson', '--json']);
  expect(again.summary, again.stderr).toMatchObject({ rows_read: 4, delivered: 4 });
  expect(await operations(workspace)).toBe(5);
  const stored =
    (await (await fetch(`${workspace.sandbox.url}/_sandbox/people`)).text()) +
    (await (await fetch(`${workspace.sandbox.url}/_sandbox/events`)).text());
  expect(stored).not.toContain('cio_bulk');
  expect(stored).toContain('"n":12345678901234567890,"note":"short"');
});

it('NDJSON rows cannot be corrected as CSV, which would change their types', async (test) => {
  const workspace = await openWorkspace(test);
  write(workspace, 'rows.ndjson', '{"id":"1"}\n{"n":5}\n');
  await workspace.run(['import', 'rows.ndjson']);
  await workspace.run(['failures', '-o', 'bad.csv']);
  const refused = await workspace.run(['retry-failed', '--from', 'bad.csv']);
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain('--format ndjson');
});

it('columns and fields of a failures file are left out wherever they stand', async (test) => {
  const workspace = await openWorkspace(test);
  write(workspace, 'rows.csv', 'id,cio_bulk_code,plan,cio_bulk_mine\n1,x,pro,y\n');
  write(
    workspace,
    'rows.ndjson',
    `{"id":"2"}\n${'{"id":"2","a":1}\n'.repeat(1200)}{"id":"3","cio_bulk_late":1,"plan":"pro"}\n{"type":"identify","userId":"4","traits":{"cio_bulk_x":1,"plan":"pro"}}\n`,
  );
  expect((await workspace.run(['import', 'rows.csv', 'rows.ndjson'])).code).toBe(0);
  expect(await workspace.attributes()).toEqual({
    1: { plan: 'pro' },
    2: { a: 1 },
    3: { plan: 'pro' },
    4: { plan: 'pro' },
  });
});
