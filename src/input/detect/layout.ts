import { isAscii } from 'node:buffer';
import { basename, resolve } from 'node:path';
import { dialectOf } from '../../domain/dialect.ts';
import type { Compression, Encoding, Format, SourceLayout } from '../../domain/plan.ts';
import { detectEncoding } from './encoding.ts';
import { refuseForeignText } from './foreign-text.ts';
import { undecodable } from './refusals.ts';
import { sourceAt } from '../bytes/source-at.ts';
import { refuseBinary } from './binary.ts';
import { hasLine, readSample, sampleText, type Sample } from './sample.ts';
import { BOM, hasTableStart, refuseTableFlags, tableStart, type TableOptions } from './table-start.ts';

export interface LayoutOptions extends TableOptions {
  readonly format: 'auto' | Format;
  /** `auto` or a name. */
  readonly encoding: Encoding;
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
  const isTitled = options.skipLines !== undefined || options.comment !== undefined;
  const plain =
    compression === 'none' && !isTitled
      ? raw
      : await readSample(source, stored, options.signal, isTitled ? (bytes) => hasTableStart(options, bytes) : hasLine);
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
  if (format === 'ndjson') refuseTableFlags(options, name);
  if (format === 'ndjson')
    return { ...file, delimiter: ',', jsonArray, ...jsonStart(text.bytes, jsonArray), header: [] };
  return { ...file, jsonArray: false, ...dialectOf(options), ...tableStart(text, format, options, name) };
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
