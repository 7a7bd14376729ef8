import { CioBulkError } from '../../domain/errors.ts';
import type { ErrorLimit } from '../../session/options.ts';

/** Readers of flag values. Each throws `usage` with the flag's name and what it accepts. */

function refuse(flag: string, value: string, accepts: string): CioBulkError {
  return new CioBulkError('usage', `${flag} ${JSON.stringify(value)}: expected ${accepts}`);
}

export function wholeNumber(flag: string, value: string, min: number, max = Number.MAX_SAFE_INTEGER): number {
  const number = /^\d+$/.test(value) ? Number(value) : Number.NaN;
  if (!(number >= min && number <= max))
    throw refuse(
      flag,
      value,
      max === Number.MAX_SAFE_INTEGER ? `a whole number, at least ${min}` : `a whole number from ${min} to ${max}`,
    );
  return number;
}

export function plainNumber(flag: string, value: string, min: number, max: number): number {
  const number = /^\d+(\.\d+)?$/.test(value) ? Number(value) : Number.NaN;
  if (!(number >= min && number <= max)) throw refuse(flag, value, `a number from ${min} to ${max}`);
  return number;
}

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, '': 1000 };

/** `500ms`, `10s`, `15m`, `2h`; a bare number is seconds. */
export function duration(flag: string, value: string, minMs = 1): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|)$/.exec(value);
  const ms = match ? Number(match[1]) * (UNIT_MS[match[2] ?? ''] ?? Number.NaN) : Number.NaN;
  if (Number.isNaN(ms)) throw refuse(flag, value, 'a duration such as 500ms, 10s, 15m or 2h');
  if (!(ms >= minMs && ms <= 7 * 24 * UNIT_MS_HOUR))
    throw refuse(flag, value, `a duration from ${minMs < 1000 ? `${minMs}ms` : `${minMs / 1000}s`} to 168h`);
  return ms;
}

const UNIT_MS_HOUR = 3_600_000;

export function oneOf<const T extends string>(flag: string, value: string, choices: readonly T[]): T {
  const choice = choices.find((one) => one === value);
  if (choice === undefined) throw refuse(flag, value, choices.join(', '));
  return choice;
}

export function errorLimit(flag: string, value: string): ErrorLimit {
  const percent = /^(\d+(?:\.\d+)?)%$/.exec(value);
  if (percent && Number(percent[1]) <= 100) return { rows: undefined, share: Number(percent[1]) / 100 };
  if (/^\d+$/.test(value)) return { rows: Number(value), share: undefined };
  throw refuse(flag, value, 'a number of rows (100) or a share (2%)');
}
