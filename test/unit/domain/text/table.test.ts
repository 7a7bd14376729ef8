import { expect, it } from 'vitest';
import { alignedRows, textTable } from '../../../../src/domain/text/table.ts';

it('columns line up by what a terminal shows, to the left and to the right', () => {
  const rows = [
    ['城市', '7'],
    ['name', '1,000'],
  ];
  expect(alignedRows(rows)).toEqual(['城市  7', 'name  1,000']);
  expect(alignedRows(rows, { right: (column) => column === 1, atLeast: [6] })).toEqual([
    '城市        7',
    'name    1,000',
  ]);
});

it('a table has a header, and no cell of it can begin another line', () => {
  expect(textTable(['run', 'source'], [['1', 'a\nb']])).toBe('  run  source\n  1    a\ufffdb');
});
