/** Files that were joined end to end hold the header again, perhaps behind a byte order mark: no row of anybody. */
export function createHeaderCheck(header: readonly string[]): (cells: readonly string[]) => boolean {
  const first = header[0] ?? '';
  const marked = [`\ufeff${first}`, `\ufeff"${first}"`];
  return (cells) =>
    (cells[0] === first || (cells[0]?.charCodeAt(0) === 0xfeff && marked.includes(cells[0]))) &&
    cells.length === header.length &&
    cells.every((cell, index) => index === 0 || cell === header[index]);
}
