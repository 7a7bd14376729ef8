/**
 * Id of a load test: seconds since 1970 and four random characters, base 36. Sorts by time, holds no dash (so that
 * `cio-bulk-lt-<run>-<n>` reads in one way), and two machines on one workspace do not collide.
 */
export function newRunId(nowMs: number, random: () => number): string {
  const tail = Math.floor(random() * 36 ** 4).toString(36).padStart(4, '0');
  return `${Math.floor(nowMs / 1_000).toString(36)}${tail}`;
}
