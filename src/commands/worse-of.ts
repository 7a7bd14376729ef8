import { EXIT, type ExitCode } from '../domain/errors.ts';

/** Stops weigh more than undelivered rows, and those more than nothing. */
export function worseOf(a: ExitCode, b: ExitCode): ExitCode {
  const order: readonly ExitCode[] = [EXIT.ok, EXIT.undelivered, EXIT.unfinished];
  const weight = (code: ExitCode): number => (order.includes(code) ? order.indexOf(code) : order.length + code);
  return weight(b) > weight(a) ? b : a;
}
