import { isUtf8 } from 'node:buffer';
import type { Encoding } from '../../domain/plan.ts';

/**
 * Encoding by byte order mark, by the zero bytes that UTF-16 puts beside western letters (or else by reading as such), or by what is valid UTF-8. Else a guess,
 * windows-1252, which has a letter for nearly every byte; null when the sample has a byte for which it has none.
 */
export function detectEncoding(sample: Buffer): Encoding | null {
  if (sample[0] === 0xff && sample[1] === 0xfe) return 'utf-16le';
  if (sample[0] === 0xfe && sample[1] === 0xff) return 'utf-16be';
  const byZeros = utf16ByZeros(sample) ?? utf16ByText(sample);
  if (byZeros !== undefined) return byZeros;
  const whole = sample.subarray(0, lastWholeCharacter(sample));
  if (isUtf8(whole)) return 'utf-8';
  if (looksMostlyUtf8(whole)) return 'utf-8';
  return sample.some((byte) => UNDEFINED_IN_WINDOWS_1252.has(byte)) ? null : 'windows-1252';
}

const UNDEFINED_IN_WINDOWS_1252: ReadonlySet<number> = new Set([0x81, 0x8d, 0x8f, 0x90, 0x9d]);

function utf16ByZeros(sample: Buffer): Encoding | undefined {
  const pairs = Math.floor(Math.min(sample.length, 4096) / 2);
  let even = 0;
  let odd = 0;
  for (let i = 0; i < pairs * 2; i += 2) {
    if (sample[i] === 0) even += 1;
    if (sample[i + 1] === 0) odd += 1;
  }
  // Two characters in five are ASCII (delimiters, digits, line ends) even where the names are not western.
  const many = Math.max(1, pairs * 0.4);
  const few = pairs * 0.05;
  if (odd >= many && even <= few) return 'utf-16le';
  return even >= many && odd <= few ? 'utf-16be' : undefined;
}

/** Where most characters are not western, zeros are few: then it is UTF-16 if it has its line ends and reads as text throughout. */
function utf16ByText(sample: Buffer): Encoding | undefined {
  const start = sample.subarray(0, 4096);
  if (!start.includes(0)) return undefined;
  const whole = start.subarray(0, start.length - (start.length % 2));
  return (['utf-16le', 'utf-16be'] as const).find((encoding) => {
    const units = Buffer.from(whole);
    const text = (encoding === 'utf-16be' ? units.swap16() : units).toString('utf16le').replace(/[\ud800-\udbff]$/, '');
    return text.includes('\n') && !/[\p{Cn}\p{Co}\p{Cs}]|[^\P{Cc}\t\r\n]/u.test(text);
  });
}

/** The sample may end in the middle of a character. */
function lastWholeCharacter(sample: Buffer): number {
  let start = sample.length - 1;
  while (start > 0 && start > sample.length - 4 && ((sample[start] ?? 0) & 0xc0) === 0x80) start -= 1;
  const lead = sample[start] ?? 0;
  const length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
  return start + length > sample.length ? start : sample.length;
}

/** A damaged row in a UTF-8 file must not turn every umlaut of the file into two letters. */
function looksMostlyUtf8(sample: Buffer): boolean {
  const text = sample.toString('utf8');
  const bad = text.split('\uFFFD').length - 1;
  const good = text.replaceAll(/[\p{ASCII}\uFFFD]/gu, '').length;
  return good > bad;
}
