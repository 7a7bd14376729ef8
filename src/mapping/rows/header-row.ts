import { numberedNames } from '../../domain/repeated-names.ts';

const MARK = '\ufeff';

/** Files that were joined end to end hold the header again, perhaps behind a byte order mark: no row of anybody. */
export function createHeaderCheck(header: readonly string[]): (cells: readonly string[]) => boolean {
  const first = header[0] ?? '';
  const forms = [first, MARK + first, `${MARK}"${first}"`];
  const lengthMax = first.length + 3;
  return (cells) => {
    const cell = cells[0] ?? '';
    // Lengths first: they differ in nearly every row, and cost no look at the text.
    if (cell.length < first.length || cell.length > lengthMax || cells.length !== header.length) return false;
    return forms.includes(cell) && (isSame(cells, header) || isSame(numberedNames(cells), header));
  };
}

/** But for the first cell. */
function isSame(cells: readonly string[], header: readonly string[]): boolean {
  return cells.every((cell, index) => index === 0 || cell === header[index]);
}
