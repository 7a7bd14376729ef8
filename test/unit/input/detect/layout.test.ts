import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import * as zlib from 'node:zlib';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { createFolder, failureOf, readAll } from '../../../support/reading.ts';
import { SUITE } from '../../../support/temp.ts';

const folder = createFolder(SUITE);

const CSV = 'id,name\n1,Ann\n2,Bob\n';
const ROWS = [
  ['1', 'Ann'],
  ['2', 'Bob'],
];

describe('compressed files', () => {
  it('gzip is read, whatever the name says', async () => {
    expect((await readAll(folder.write('users.csv.gz', gzipSync(CSV)))).rows).toEqual(ROWS);
    expect((await readAll(folder.write('users.csv', gzipSync(CSV)))).rows).toEqual(ROWS);
  });

  it('a gzip file of several members, as `cat a.gz b.gz` makes it, is read to its end', async () => {
    const members = Buffer.concat([gzipSync('id,name\n1,A'), gzipSync('nn\n'), gzipSync('2,Bob\n')]);
    expect((await readAll(folder.write('members.csv.gz', members))).rows).toEqual(ROWS);
  });

  it('a gzip file that was cut off gives the rows before the cut, then stops with a reason', async () => {
    const many = Array.from({ length: 200_000 }, (_, i) => `${i},${Math.sin(i)}`).join('\n');
    const packed = gzipSync(`id,name\n${many}\n`);
    const { error, rows } = await failureOf(
      folder.write('cut.csv.gz', packed.subarray(0, Math.floor(packed.length / 2))),
    );
    expect(error).toMatchObject({
      code: 'input_undecodable',
      message: 'cut.csv.gz ends in the middle of its gzip data',
    });
    expect(rows.length).toBeGreaterThan(80_000);
    expect(rows[79_999]).toEqual(['79999', String(Math.sin(79_999))]);
  });

  it('a gzip file with damaged bytes stops with a reason', async () => {
    const packed = gzipSync(`id,name\n${Array.from({ length: 9000 }, (_, i) => `${i},${Math.sin(i)}`).join('\n')}\n`);
    packed.fill(0xff, 1000, 1100);
    const { error } = await failureOf(folder.write('damaged.csv.gz', packed));
    expect(error).toMatchObject({ code: 'input_undecodable', message: expect.stringContaining('damaged') });
  });

  it('brotli is read by its name', async () => {
    expect((await readAll(folder.write('users.csv.br', brotliCompressSync(CSV)))).rows).toEqual(ROWS);
  });

  it('a file that was unpacked and kept the name of the packed one is read as it is', async () => {
    for (const name of ['users.csv.gz', 'users.csv.zst', 'users.csv.br'])
      expect((await readAll(folder.write(name, CSV))).rows).toEqual(ROWS);
  });

  it('zstd is read where this Node can, else refused with the version that could', async () => {
    const compress: unknown = Reflect.get(zlib, 'zstdCompressSync');
    if (typeof compress === 'function') {
      expect((await readAll(folder.write('users.csv.zst', (compress as (text: string) => Buffer)(CSV)))).rows).toEqual(
        ROWS,
      );
    } else {
      const { error } = await failureOf(
        folder.write('users.csv.zst', Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 1, 0, 0])),
      );
      expect(error).toMatchObject({
        code: 'input_undecodable',
        message: expect.stringContaining(process.versions.node),
      });
    }
  });

  it('a long compressed file is read without a warning of the process', async () => {
    const warnings: Error[] = [];
    const note = (warning: Error) => warnings.push(warning);
    process.on('warning', note);
    const text = Array.from({ length: 300_000 }, (_, i) => `${i},${Math.sin(i)}\n`).join('');
    const { rows } = await readAll(folder.write('long.csv.gz', gzipSync(`id,name\n${text}`, { level: 0 })));
    process.off('warning', note);
    expect(rows.length).toBe(300_000);
    expect(warnings).toEqual([]);
  });

  it('compressed UTF-16 is both', async () => {
    const { rows } = await readAll(folder.write('wide.csv.gz', gzipSync(Buffer.from(`\uFEFF${CSV}`, 'utf16le'))));
    expect(rows).toEqual(ROWS);
  });
});

describe('formats', () => {
  it.each([
    ['people', '{"id":1}\n', 'ndjson', false],
    ['people', '[{"id":1}]', 'ndjson', true],
    ['people.json', '[\n{"id":1}]', 'ndjson', true],
    ['people.jsonl', '{"id":1}\n', 'ndjson', false],
    ['people', 'id,name\n', 'csv', false],
    ['people', '[id],name\n', 'csv', false],
    ['people.tsv', 'id\tname,full\n1\tx', 'tsv', false],
  ])('%s with %j is %s', async (name, content, format, jsonArray) => {
    expect((await readAll(folder.write(name, content))).layout).toMatchObject({ format, jsonArray });
  });

  it('the format, delimiter and encoding asked for win over what the file looks like', async () => {
    const path = folder.write('odd.csv', Buffer.from('id;na,me\n1;M\u00c3\u00bc,x\n', 'latin1'));
    const { layout, rows } = await readAll(path, { delimiter: ',', encoding: 'windows-1252' });
    expect(layout.header).toEqual(['id;na', 'me']);
    expect(rows).toEqual([['1;M\u00c3\u00bc', 'x']]);
  });
});

describe('files that are refused at once', () => {
  it.each([
    ['users.xlsx', Buffer.from('PK\u0003\u0004rest of it'), 'is an Excel workbook or a zip archive'],
    ['users.parquet', Buffer.from('PAR1\u0015\u0004\u0015\u0000', 'latin1'), 'is a Parquet file'],
    ['photo.csv', Buffer.from('\u0089PNG\r\n\u001a\n', 'latin1'), 'is a picture'],
    ['zeros.csv', Buffer.alloc(5000), 'is a binary file'],
    ['header.csv', Buffer.from('id,"name\n1,Ann\n'), 'a header with a quote that is not closed'],
  ])('%s', async (name, content, reason) => {
    const { error } = await failureOf(folder.write(name, content));
    expect(error).toMatchObject({
      code: 'input_undecodable',
      exitCode: 2,
      message: expect.stringContaining(reason),
      hint: expect.any(String),
    });
  });

  it('a missing file, a directory, and a file without permission say what they are', async () => {
    const locked = folder.write('locked.csv', CSV);
    chmodSync(locked, 0o000);
    mkdirSync(join(folder.path, 'folder'));
    expect((await failureOf(join(folder.path, 'none.csv'))).error).toMatchObject({
      code: 'input_missing',
      message: 'none.csv: no such file',
    });
    expect((await failureOf(join(folder.path, 'folder'))).error).toMatchObject({
      code: 'input_unreadable',
      message: 'folder is a directory, not a file',
    });
    if (process.getuid?.() !== 0) expect((await failureOf(locked)).error).toMatchObject({ code: 'input_unreadable' });
  });
});

it('random bytes are refused as binary, with a name like a data file', async () => {
  const noise = Buffer.from(
    Array.from({ length: 4096 }, (_, i) => (i * 2_654_435_761) >>> 11).map((value) => value % 256),
  );
  const { error } = await failureOf(folder.write('noise.csv', noise));
  expect(error).toMatchObject({ code: 'input_undecodable', message: 'noise.csv is a binary file, not text' });
});

describe('encodings', () => {
  const SJIS = Buffer.from('69642c6e616d650a312c835c837483670a', 'hex'); // ソフト: its second bytes are ASCII

  it('any name of the Encoding Standard can be asked for', async () => {
    expect((await readAll(folder.write('sjis.csv', SJIS), { encoding: 'shift_jis' })).rows).toEqual([['1', 'ソフト']]);
    expect(
      (
        await readAll(folder.write('koi8.csv', Buffer.from('69642cc9cdd10a312cf0d2c9d7c5d40a', 'hex')), {
          encoding: 'koi8-r',
        })
      ).rows,
    ).toEqual([['1', 'Привет']]);
  });

  it('characters of several bytes are whole wherever the file is cut into pieces', async () => {
    const many = Buffer.concat([
      Buffer.from('id,name\n'),
      ...Array.from({ length: 60_000 }, (_, i) =>
        Buffer.concat([Buffer.from(`${i},`), Buffer.from('835c83748367', 'hex'), Buffer.from('\n')]),
      ),
    ]);
    const { rows } = await readAll(folder.write('long-sjis.csv', many), { encoding: 'shift_jis' });
    expect(rows).toHaveLength(60_000);
    expect(rows.every((row) => Array.isArray(row) && row[1] === 'ソフト')).toBe(true);
  });

  it('a file with bytes that no guess explains is refused, and the flag is named', async () => {
    const { error } = await failureOf(
      folder.write(
        'unknown.csv',
        Buffer.concat([Buffer.from('id,name\n1,'), Buffer.from([0x81, 0x8d, 0x90, 0xe5]), Buffer.from('\n')]),
      ),
    );
    expect(error).toMatchObject({
      code: 'input_undecodable',
      exitCode: 2,
      message: expect.stringContaining('cannot be told'),
      hint: expect.stringContaining('--encoding, for example shift_jis'),
    });
  });

  it('bytes that an encoding does not define are a fault of their row alone', async () => {
    for (const encoding of ['windows-1252', 'windows-1250', 'shift_jis']) {
      const bad = encoding === 'shift_jis' ? 0xfd : 0x81;
      const { rows } = await readAll(
        folder.write(
          'bad.csv',
          Buffer.concat([Buffer.from('id,name\n1,a'), Buffer.from([bad]), Buffer.from('b\n2,ok\n')]),
        ),
        { encoding },
      );
      expect([encoding, rows]).toEqual([
        encoding,
        [
          {
            fault: 'unparsable',
            message: `the row has bytes that are not ${encoding}; if the file is in another encoding, say so with --encoding`,
          },
          ['2', 'ok'],
        ],
      ]);
    }
  });

  it('UTF-16 without a byte order mark is recognised where hardly a letter is western', async () => {
    const text = `id,名前\n${Array.from({ length: 50 }, (_, i) => `${i % 10},山田太郎さんの長い名前です`).join('\n')}\n`;
    for (const [encoding, bytes] of [
      ['utf-16le', Buffer.from(text, 'utf16le')],
      ['utf-16be', Buffer.from(text, 'utf16le').swap16()],
    ] as const) {
      const { layout, rows } = await readAll(folder.write('wide.csv', bytes));
      expect([layout.encoding, rows.length, rows[0]]).toEqual([encoding, 50, ['0', '山田太郎さんの長い名前です']]);
    }
  });

  it('UTF-32 is refused by name', async () => {
    const { error } = await failureOf(folder.write('wide.csv', Buffer.from('fffe0000690000006400000', 'hex')));
    expect(error).toMatchObject({ message: 'wide.csv is text in UTF-32', hint: expect.stringContaining('iconv') });
  });
});

describe('files told as what they are not', () => {
  it.each([
    ['people.csv', '{"id":"1"}\n{"id":"2"}\n', 'is called CSV and holds JSON', '--format ndjson'],
    ['people.tsv', '[{"id":"1"}]', 'is called TSV and holds JSON', '--format ndjson'],
    [
      'export.csv',
      '\n<!DOCTYPE html>\n<html><body>Sign in</body></html>',
      'is a web page (HTML)',
      'download the data again',
    ],
    ['export.ndjson', '<html lang="en"><head>', 'is a web page (HTML)', 'download'],
    ['export.csv', '<?xml version="1.0"?>\n<Error><Code>AccessDenied</Code></Error>', 'is XML', 'download'],
    [
      'book.csv',
      '<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">',
      'an Excel workbook saved as XML',
      'CSV',
    ],
    ['big.csv', 'version https://git-lfs.github.com/spec/v1\noid sha256:1\n', 'a pointer of Git LFS', 'git lfs pull'],
    ['dump.csv', '-- MySQL dump 10.13\nCREATE TABLE', 'a dump in SQL', 'CSV'],
    ['people.csv', '-----BEGIN PGP MESSAGE-----\n\nhQ', 'encrypted', 'gpg'],
    ['people.csv', 'BEGIN:VCARD\nVERSION:3.0\n', 'vCards', 'CSV'],
  ])('%s that begins with %j is refused with what it is', async (name, content, what, hint) => {
    const { error } = await failureOf(folder.write(name, content));
    expect(error).toMatchObject({
      code: 'input_undecodable',
      message: expect.stringContaining(what),
      hint: expect.stringContaining(hint),
    });
  });

  it('in UTF-16 or compressed are told as well', async () => {
    expect(
      (await failureOf(folder.write('page.csv', Buffer.from('\ufeff<html><body>', 'utf16le')))).error,
    ).toMatchObject({ message: expect.stringContaining('HTML') });
    expect((await failureOf(folder.write('page.csv.gz', gzipSync('<html><body>')))).error).toMatchObject({
      message: expect.stringContaining('HTML'),
    });
  });

  it('a CSV file whose header merely resembles something else is read', async () => {
    for (const header of ['html,id', 'copy,id', '{id},name', '[a],id', 'version,id'])
      expect((await readAll(folder.write('odd.csv', `${header}\n1,2\n`))).rows).toEqual([['1', '2']]);
  });
});

describe('a file without a header', () => {
  it('gets the names that are said, and loses no row', async () => {
    const { layout, rows } = await readAll(
      folder.write('list.csv', '\ufeffann@example.com;free\nbob@example.com;pro\n'),
      { header: ['email', 'plan'] },
    );
    expect(layout).toMatchObject({ header: ['email', 'plan'], headerLines: 0, headerBytes: 3, delimiter: ';' });
    expect(rows).toEqual([
      ['ann@example.com', 'free'],
      ['bob@example.com', 'pro'],
    ]);
  });

  it('is refused when the names are not as many as its cells, or it is no CSV', async () => {
    expect((await failureOf(folder.write('list.csv', 'a,b,c\n'), { header: ['email', 'plan'] })).error).toMatchObject({
      code: 'usage',
      message: '--header names 2 columns, and the first row of list.csv has 3 cells',
    });
    expect((await failureOf(folder.write('list.ndjson', '{"id":1}\n'), { header: ['id'] })).error).toMatchObject({
      code: 'usage',
      message: expect.stringContaining('--header is for CSV'),
    });
  });
});
