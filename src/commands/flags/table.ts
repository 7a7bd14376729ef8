import type { Command } from 'commander';
import { conflictIn, dialectOf } from '../../domain/dialect.ts';
import { CioBulkError } from '../../domain/errors.ts';
import type { Encoding } from '../../domain/plan.ts';
import type { TableOptions } from '../../input/detect/table-start.ts';
import { parseRecord } from '../../input/records/cells.ts';
import { text } from './common.ts';
import { oneOf, wholeNumber } from './values.ts';

/** How a CSV file is written. */
export function addTableFlags(command: Command): Command {
  return command
    .option('--header <names>', 'column names for a CSV file without a header line, such as id,email,plan')
    .option('--delimiter <char>', 'column delimiter: any single character, such as , ; | tab or ~, or auto', 'auto')
    .option('--quote <char>', 'character that quotes CSV cells, or none (default: the double quote)')
    .option(
      '--escape <char>',
      String.raw`character that escapes a quote inside a quoted cell, such as \ (default: quotes are doubled)`,
    )
    .option('--comment <char>', 'skip CSV lines that begin with this character, such as #')
    .option('--skip-lines <n>', 'lines to skip before the CSV header, such as a report title', '0')
    .option(
      '--ragged <policy>',
      'what to do with a CSV row that has missing cells, or extra cells that are all empty: error or fill',
      'error',
    )
    .option('--repeated-columns <policy>', 'what to do with CSV columns of one name: error or number', 'error')
    .option(
      '--encoding <encoding>',
      'text encoding: utf-8, utf-16le, latin1, shift_jis, gbk, windows-1251, any other WHATWG encoding, or auto',
      'auto',
    );
}

/** What was given, without what is as usual anyway: that is no other meaning of the rows. */
export function tableOptions(options: Record<string, unknown>): TableOptions {
  const header = headerOf(text(options, 'header'));
  const delimiter = delimiterOf(text(options, 'delimiter') ?? 'auto');
  const given = text(options, 'quote');
  const quote = given === 'none' ? '' : characterOf('--quote', given, 'none');
  const escape = characterOf('--escape', text(options, 'escape'));
  const comment = characterOf('--comment', text(options, 'comment'));
  const ragged = oneOf('--ragged', text(options, 'ragged') ?? 'error', ['error', 'fill']);
  const repeats = oneOf('--repeated-columns', text(options, 'repeatedColumns') ?? 'error', ['error', 'number']);
  const skipLines = wholeNumber('--skip-lines', text(options, 'skipLines') ?? '0', 0);
  const table = {
    delimiter,
    ...(quote === undefined || quote === '"' ? {} : { quote }),
    ...(escape === undefined || escape === (quote ?? '"') ? {} : { escape }),
    ...(comment === undefined ? {} : { comment }),
    ...(ragged === 'error' ? {} : { ragged }),
    ...(skipLines === 0 ? {} : { skipLines }),
    ...(header === undefined ? {} : { header }),
    ...(repeats === 'error' ? {} : { repeats }),
  };
  const conflict = conflictIn(table);
  if (conflict !== undefined) throw new CioBulkError('usage', conflict);
  return table;
}

/** What of a table is part of the fingerprint of a run, in an order that stays. */
export function tableMeaning(table: TableOptions, encoding: Encoding): Record<string, unknown> {
  const { header, delimiter, skipLines, repeats } = table;
  return {
    ...(header === undefined ? {} : { header }),
    delimiter,
    encoding,
    ...dialectOf(table),
    ...(skipLines === undefined ? {} : { skipLines }),
    ...(repeats === undefined ? {} : { repeats }),
  };
}

const DELIMITERS: Readonly<Record<string, string>> = { tab: '\t', '\\t': '\t' };

/** One character, as it is or as `\x01`. Line ends cannot separate cells. */
function delimiterOf(given: string): string {
  if (given === 'auto') return given;
  const delimiter = DELIMITERS[given] ?? unescaped(given);
  if (!/^[^\0\r\n]$/u.test(delimiter))
    throw new CioBulkError(
      'usage',
      `--delimiter ${JSON.stringify(given)}: expected one character such as , ; | or ~, tab, \\x01, or auto`,
    );
  return delimiter;
}

/** One ASCII character, as it is or as `\x01`: there is one of it in a byte, whatever the text. */
function characterOf(flag: string, given: string | undefined, other?: string): string | undefined {
  if (given === undefined) return undefined;
  const character = unescaped(given);
  // oxlint-disable-next-line no-control-regex -- as with delimiters
  if (!/^[\u0001-\u007f]$/.test(character) || '\r\n'.includes(character))
    throw new CioBulkError(
      'usage',
      `${flag} ${JSON.stringify(given)}: expected one ASCII character${other === undefined ? '' : `, or ${other}`}`,
    );
  return character;
}

function unescaped(given: string): string {
  const code = /^\\x([\da-f]{2})$/i.exec(given)?.[1];
  return code === undefined ? given : String.fromCharCode(Number.parseInt(code, 16));
}

function headerOf(given: string | undefined): readonly string[] | undefined {
  if (given === undefined) return undefined;
  const names = parseRecord(given, { delimiter: ',' })?.map((name) => name.trim());
  if (names === undefined || names.every((name) => name === ''))
    throw new CioBulkError('usage', '--header: expected names of columns, such as id,email,plan');
  return names;
}

/** Windows code pages that the Encoding Standard knows by other names only. */
const CODE_PAGES: Readonly<Record<string, string>> = {
  cp932: 'shift_jis',
  cp936: 'gbk',
  cp949: 'euc-kr',
  cp950: 'big5',
};

export function encodingOf(given: string): Encoding {
  const name = given
    .trim()
    .toLowerCase()
    .replace(/^utf(?=\d)/, 'utf-');
  if (name === 'auto') return 'auto';
  try {
    return new TextDecoder(CODE_PAGES[name] ?? name).encoding;
  } catch (error) {
    throw new CioBulkError('usage', `--encoding ${JSON.stringify(given)}: there is no such encoding`, {
      hint: 'for example utf-8, utf-16le, latin1, windows-1252, shift_jis, gbk or koi8-r; convert others with iconv',
      cause: error,
    });
  }
}
