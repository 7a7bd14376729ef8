import { isUtf8 } from 'node:buffer';
import type { Encoding } from '../../domain/plan.ts';
import { undecodable } from './refusals.ts';

const CSV_HINT = 'export it as CSV (UTF-8) or as NDJSON';

/** First bytes of files that are mistaken for data files, as latin1. */
const KNOWN: readonly (readonly [start: string, what: string, hint: string])[] = [
  ['\u00ff\u00fe\u0000\u0000', 'is text in UTF-32', 'convert it first: iconv -f utf-32 -t utf-8'],
  ['\u0000\u0000\u00fe\u00ff', 'is text in UTF-32', 'convert it first: iconv -f utf-32 -t utf-8'],
  ['PK\u0005\u0006', 'is an empty zip archive', 'name a CSV or NDJSON file'],
  ['PK\u0003\u0004', 'is an Excel workbook or a zip archive', 'save it as CSV (UTF-8), or unpack it first'],
  ['\u00d0\u00cf\u0011\u00e0', 'is an old Excel workbook', 'save it as CSV (UTF-8)'],
  ['PAR1', 'is a Parquet file', CSV_HINT],
  ['Obj\u0001', 'is an Avro file', CSV_HINT],
  ['ORC', 'is an ORC file', CSV_HINT],
  ['SQLite format 3', 'is a SQLite database', CSV_HINT],
  ['%PDF-', 'is a PDF', CSV_HINT],
  ['\u0089PNG', 'is a picture', 'name a CSV or NDJSON file'],
  ['\u00ff\u00d8\u00ff', 'is a picture', 'name a CSV or NDJSON file'],
  ['BZh', 'is compressed with bzip2', 'decompress it first: bzip2 -dc'],
  ['\u00fd7zXZ', 'is compressed with xz', 'decompress it first: xz -dc'],
  ['7z\u00bc\u00af', 'is a 7-Zip archive', 'unpack it first'],
  ['\u001f\u008b', 'is compressed twice', 'decompress it first: gzip -dc'],
  ['bplist00', 'is a property list', CSV_HINT],
  ['ARROW1', 'is an Arrow (Feather) file', CSV_HINT],
  ['GIF8', 'is a picture', 'name a CSV or NDJSON file'],
  ['\u0004"M\u0018', 'is compressed with LZ4', 'decompress it first: lz4 -dc'],
  ['\u001f\u009d', 'is compressed with compress', 'decompress it first: uncompress -c'],
];

/** More control characters than this share of the sample, and it is no text; some zero bytes in cells are data. */
const CONTROL_SHARE_MAX = 0.08;
/** The same for a sample that is valid UTF-8, which binary data hardly ever is unless it is mostly zeros. */
const CONTROL_SHARE_MAX_UTF8 = 0.6;

/** Throws input_undecodable for a file that is no text. */
export function refuseBinary(name: string, sample: Buffer, encoding: Encoding): void {
  const start = sample.toString('latin1', 0, 16);
  for (const [magic, what, hint] of KNOWN) {
    // ORC and BZh are letters that a header could begin with; only with binary bytes around are they magic.
    if (start.startsWith(magic) && (!/^[A-Z]+$/i.test(magic) || hasControls(sample, 0)))
      throw undecodable(name, what, hint);
  }
  if (sample.toString('latin1', 257, 262) === 'ustar') throw undecodable(name, 'is a tar archive', 'unpack it first');
  if (encoding.startsWith('utf-16')) return;
  if (hasControls(sample, isUtf8(sample) ? CONTROL_SHARE_MAX_UTF8 : CONTROL_SHARE_MAX))
    throw undecodable(
      name,
      'is a binary file, not text',
      `${CSV_HINT}; if it is text in UTF-16 without a byte order mark, say so with --encoding utf-16le`,
    );
}

function hasControls(sample: Buffer, shareMax: number): boolean {
  let controls = 0;
  for (const byte of sample) if (byte < 9 || (byte > 13 && byte < 32 && byte !== 27)) controls += 1;
  return controls > sample.length * shareMax;
}
