/** The system's (or a library's) name for what went wrong, such as `ENOENT` or `SQLITE_FULL`. Undefined when the error has none. */
export function errorCode(error: unknown): string | undefined {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : undefined;
}
