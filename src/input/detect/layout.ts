import { isAscii } from 'node:buffer';
import { basename, resolve } from 'node:path';
import { CioBulkError } from '../../domain/errors.ts';
import type { Compression, Encoding, Format, SourceLayout } from '../../domain/plan.ts';
import { parseRecord } from '../records/csv.ts';
import { detectDelimiter } from './delimiter.ts';
import { detectEncoding } from './encoding.ts';
import { SHAPE } from '../records/extents.ts';
import { LIMITS } from '../records/limits.ts';
import { refuseForeignText } from './foreign-text.ts';
import { undecodable } from './refusals.ts';
import { sourceAt } from '../bytes/source-at.ts';
import { refuseBinary } from './binary.ts';
import { readSample, sampleText, type Sample } from './sample.ts';
import { createCsvSplitter } from '../records/split-csv.ts';

export interface LayoutOptions {
  readonly format: 'auto' | Format;
  /** `auto` or one byte. */
  readonly delimiter: string;
  /** `auto` or a name. */
  readonly encoding: Encoding;
  /** Names of the columns, of a file that has no header. */
  readonly header?: readonly string[];
  /** What messages call the source, and whose extension counts; by default the path. */
  readonly name?: string;
  /** The file is a spool that is still being written. */
  readonly follow?: boolean;
  readonly signal?: AbortSignal;
}

const FORMATS: Readonly<Record<string, Format | 'json'>> = {
  csv: 'csv',
  tsv: 'tsv',
  tab: 'tsv',
  ndjson: 'ndjson',
  jsonl: 'ndjson',
  ldjson: 'ndjson',
  json: 'json',
};
const COMPRESSIONS: Readonly<Record<string, Compression>> = {
  '.gz': 'gzip',
  '.gzip': 'gzip',
  '.zst': 'zstd',
  '.zstd': 'zstd',
  '.br': 'brotli',
};
const BOM = Buffer.from([0xef, 0xbb, 0xbf]);

/**
 * Finds out how a file is laid out, from its name and its first 256 KiB. A file that is empty or only a header is fine.
 * Throws CioBulkError: input_missing, input_unreadable (a directory, no permission), input_undecodable (binary, a
 * compression this Node lacks, a header that never ends).
 */
export async function detectLayout(path: string, options: LayoutOptions): Promise<SourceLayout> {
  const absolute = resolve(path);
  const name = options.name ?? basename(path);
  const source = sourceAt(absolute, { follow: options.follow ?? false, name });
  await source.look();
  const extensions = extensionsOf(name);
  const raw = await readSample(source, { path: absolute, compression: 'none', encoding: 'utf-8' }, options.signal);
  const compression = detectCompression(raw.bytes, extensions.compression);
  const stored = { path: absolute, compression, encoding: 'utf-8' as const };
  const plain = compression === 'none' ? raw : await readSample(source, stored, options.signal);
  const encoding = options.encoding === 'auto' ? detectEncoding(plain.bytes) : options.encoding;
  refuseBinary(name, plain.bytes, encoding ?? 'windows-1252');
  if (encoding === null)
    throw undecodable(
      name,
      'is in an encoding that cannot be told: it has bytes that neither UTF-8 nor windows-1252 has',
      'say which it is with --encoding, for example shift_jis, gbk, big5, euc-kr, windows-1251 or koi8-r',
    );
  const text = sampleText(plain, encoding);
  refuseForeignText(name, text.bytes);
  const { format, jsonArray } = detectFormat(text, options.format, extensions.format, name);
  const file = { path: absolute, compression, encoding, format };
  if (format === 'ndjson' && options.header !== undefined)
    throw new CioBulkError('usage', `--header is for CSV, and ${name} is read as NDJSON`, {
      hint: 'leave it out, or add --format csv',
    });
  if (format === 'ndjson')
    return { ...file, delimiter: ',', jsonArray, ...jsonStart(text.bytes, jsonArray), header: [] };
  return { ...file, jsonArray: false, ...csvStart(text, format, options, name) };
}

/** Format by the extension of a name, that of a compressed file underneath. */
export function extensionsOf(name: string): { compression: Compression; format: Format | 'json' | undefined } {
  const match = /^(.*?)(\.(?:gz|gzip|zst|zstd|br))?$/i.exec(name);
  const base = (match?.[1] ?? name).toLowerCase();
  const packed = match?.[2]?.toLowerCase();
  const extension = base.slice(base.lastIndexOf('.') + 1);
  return {
    compression: COMPRESSIONS[packed ?? ''] ?? 'none',
    format: base.includes('.') ? FORMATS[extension] : undefined,
  };
}

/** Magic bytes decide; brotli has none, so there the name does. */
function detectCompression(bytes: Buffer, byName: Compression): Compression {
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return 'gzip';
  if (bytes.length >= 4 && bytes.readUInt32LE(0) === 0xfd2fb528) return 'zstd';
  // A text that was unpacked and kept its name: so many bytes of brotli are hardly ever all ASCII.
  const isPlainText = bytes.length >= 16 && isAscii(bytes.subarray(0, 1024));
  return byName === 'brotli' && bytes.length > 0 && !isPlainText ? 'brotli' : 'none';
}

function detectFormat(
  text: Sample,
  asked: 'auto' | Format,
  byName: Format | 'json' | undefined,
  name: string,
): { format: Format; jsonArray: boolean } {
  const start = text.bytes
    .toString('utf8', 0, 64 * 1024)
    .replace(/^\uFEFF/, '')
    .trimStart();
  // A CSV cell may start with a bracket, so content alone is asked for an object or a list of objects.
  const looksJson = /^\{\s*["}]|^\[\s*[{\]]/.test(start);
  const known = asked === 'auto' ? byName : asked;
  const format = known === 'json' ? 'ndjson' : (known ?? (looksJson ? 'ndjson' : 'csv'));
  if (looksJson && asked === 'auto' && format !== 'ndjson')
    throw undecodable(name, `is called ${format.toUpperCase()} and holds JSON`, 'read it with --format ndjson');
  if (format === 'ndjson' && /^\{[ \t]*\r?\n/.test(start)) {
    throw undecodable(
      name,
      'holds one JSON object over several lines',
      `give one object per line, for example with: jq -c . ${name}`,
    );
  }
  return { format, jsonArray: format === 'ndjson' && start.startsWith('[') };
}

function jsonStart(bytes: Buffer, jsonArray: boolean): { headerBytes: number; headerLines: number } {
  const bom = bytes.subarray(0, 3).equals(BOM) ? 3 : 0;
  if (!jsonArray) return { headerBytes: bom, headerLines: 0 };
  const headerBytes = bytes.indexOf('[') + 1;
  return { headerBytes, headerLines: bytes.toString('latin1', 0, headerBytes).split('\n').length - 1 };
}

type CsvStart = Pick<SourceLayout, 'delimiter' | 'headerBytes' | 'headerLines' | 'header'>;

/** Byte order mark, `sep=` line, header: what stands before the first row of a CSV file. */
function csvStart(
  text: Sample,
  format: Format,
  { delimiter: asked, header: given }: LayoutOptions,
  name: string,
): CsvStart {
  let headerBytes = text.bytes.subarray(0, 3).equals(BOM) ? 3 : 0;
  let headerLines = 0;
  const separator = /^"?sep=(.)"?(\r\n|\r|\n)/i.exec(text.bytes.toString('latin1', headerBytes, headerBytes + 16));
  if (separator !== null) {
    headerBytes += separator[0].length;
    headerLines = 1;
  }
  const rest = text.bytes.subarray(headerBytes);
  const delimiter =
    asked !== 'auto' ? asked : (separator?.[1] ?? detectDelimiter(rest, format === 'tsv' ? '\t' : undefined));
  const split = createCsvSplitter(delimiter, { ...LIMITS, rowsMax: 1 });
  const found = split(rest, text.isWhole);
  if (given !== undefined) {
    const cells =
      found.count === 0
        ? undefined
        : parseRecord(rest.toString('utf8', found.starts[0], found.ends[0]), delimiter)?.length;
    if (cells !== undefined && cells !== given.length)
      throw new CioBulkError(
        'usage',
        `--header names ${given.length} columns, and the first row of ${name} has ${cells} cells`,
        { hint: 'name every column, or say the delimiter with --delimiter' },
      );
    return { delimiter, headerBytes, headerLines, header: given };
  }
  if (found.count === 0) {
    if (text.isWhole)
      return {
        delimiter,
        headerBytes: headerBytes + found.consumed,
        headerLines: headerLines + found.consumedLines,
        header: [],
      };
    throw undecodable(
      name,
      'has no line end in its first 256 KiB',
      'its first line must be a header; is it a CSV file?',
    );
  }
  const record = rest.toString('utf8', found.starts[0], found.ends[0]);
  const isBroken = found.shapes[0] === SHAPE.unclosedQuote || found.shapes[0] === SHAPE.strayQuote;
  const header = isBroken ? undefined : parseRecord(record, delimiter);
  if (header === undefined)
    throw undecodable(name, 'has a header with a quote that is not closed properly', 'mend its first line');
  return {
    delimiter,
    headerBytes: headerBytes + found.consumed,
    headerLines: headerLines + found.consumedLines,
    header,
  };
}
