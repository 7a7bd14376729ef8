import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { expandInputs } from '../../../../src/input/bytes/files.ts';
import { createFolder } from '../../../support/reading.ts';
import { SUITE } from '../../../support/temp.ts';

const folder = createFolder(SUITE);
beforeAll(() => {
  mkdirSync(join(folder.path, 'exports/deep'), { recursive: true });
  mkdirSync(join(folder.path, 'empty'));
  for (const name of [
    'b.csv',
    'a.csv',
    'report[1].csv',
    'exports/2.ndjson.gz',
    'exports/1.csv',
    'exports/readme.txt',
    'exports/.hidden.csv',
    'exports/deep/3.csv',
  ])
    folder.write(name, '');
});

const names = async (...args: string[]) =>
  (await expandInputs(args, folder.path)).map((file) => file.path.slice(folder.path.length + 1));

describe('arguments', () => {
  it('files come in the order given, each once', async () => {
    expect(await names('b.csv', 'a.csv', './b.csv')).toEqual(['b.csv', 'a.csv']);
  });

  it('a pattern that the shell left alone stands for the files it matches, sorted', async () => {
    expect(await names('[ab].csv')).toEqual(['a.csv', 'b.csv']);
    expect(await names('exports/**/*.csv')).toEqual(['exports/1.csv', 'exports/deep/3.csv']);
  });

  it('a file whose name looks like a pattern is that file', async () => {
    expect(await names('report[1].csv')).toEqual(['report[1].csv']);
  });

  it('a directory stands for the data files in it', async () => {
    expect(await names('exports')).toEqual(['exports/1.csv', 'exports/2.ndjson.gz']);
  });

  it('a dash is standard input', async () => {
    expect(await expandInputs(['-'], folder.path)).toEqual([{ path: '-', name: 'stdin', isStream: true }]);
  });

  it.each([
    ['none.csv', 'none.csv: no such file'],
    ['*.parquet', 'no file matches *.parquet'],
    ['empty', 'empty has no data files'],
  ])('%s is an error that names it', async (arg, message) => {
    await expect(names(arg)).rejects.toMatchObject({ code: 'input_missing', message, exitCode: 2 });
  });
});
