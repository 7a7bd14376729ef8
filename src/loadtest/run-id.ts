/**
 * The id of a load test: seconds since 1970 and four random characters, in base 36. Ids sort by time, do not collide between machines,
 * and contain no dash, so that `cio-bulk-lt-<run>-<n>` can be read in only one way.
 */
export function newRunId(nowMs: number, random: () => number): string {
  const tail = Math.floor(random() * 36 ** 4)
    .toString(36)
    .padStart(4, '0');
  return `${Math.floor(nowMs / 1_000).toString(36)}${tail}`;
}
