/** What a file that cannot be sent looks like, and the flag that helps: sentences without any value of it. */
import { CioBulkError } from '../domain/errors.ts';
import type { RawRow } from '../domain/block.ts';
import type { InvalidRow } from '../domain/chunk.ts';
import type { Kind, Plan, SourceLayout } from '../domain/plan.ts';
import { isComposed } from '../domain/roles.ts';
import { ADDED_COLUMNS } from '../output/failures-file.ts';
import { firstLines } from '../input/detect/first-lines.ts';
import { HEADER_HINT, looksLikeData } from '../mapping/plan/first-line.ts';
import { USUAL_IDENTIFIERS } from '../mapping/plan/roles.ts';
import { sampleFaults } from '../mapping/plan/sample.ts';
import type { Suggestion } from './presets.ts';
import { plural, shellWord } from '../domain/text/numbers.ts';

export interface Looked {
  readonly layout: SourceLayout;
  readonly sample: readonly RawRow[];
  /** What messages call the source. */
  readonly name: string;
  readonly suggestion: Suggestion | null;
}

/** For people whose file it is: none is applied without being asked for. */
export function suggestionText({ preset, title }: Suggestion): string {
  return `it looks like ${title}: read it with --preset ${preset}`;
}

/** Why not one row of the sample can be sent; null when one can. `plan` is what it was prepared with. */
export async function hopelessness(looked: Looked, plan: Plan): Promise<CioBulkError | null> {
  const { layout, sample, name, suggestion } = looked;
  if (layout.header.includes(ADDED_COLUMNS[1])) return null; // a failures file is read well: its rows are known to be bad
  const faults = sampleFaults({ layout, plan, identity: { target: '', dataset: name, clockMs: 0 } }, sample);
  if (faults === null) return null;
  const [fault, rows] = mostFrequent(faults);
  const none =
    sample.length === 1
      ? 'its only row cannot be sent'
      : `none of its first ${plural(sample.length, 'row')} can be sent${rows < sample.length ? ', most often because' : ''}`;
  const field = fault.field === undefined || fault.message.includes(`"${fault.field}"`) ? '' : `"${fault.field}": `;
  const hint = suggestion === null ? await hintFor(fault, looked, plan.kind) : suggestionText(suggestion);
  return new CioBulkError('no_usable_row', `${name}: ${none}: ${field}${fault.message}`, { hint });
}

/** An error of the plan, with what the file looks like when that says more. */
export async function withLooks(error: unknown, { layout, sample, name, suggestion }: Looked): Promise<unknown> {
  if (suggestion !== null && error instanceof CioBulkError)
    return new CioBulkError(error.code, error.message, {
      hint: error.hint === undefined ? suggestionText(suggestion) : `${suggestionText(suggestion)}, or ${error.hint}`,
      cause: error,
    });
  if (!(error instanceof CioBulkError) || error.code !== 'no_identifier' || looksLikeData(layout.header)) return error;
  const looks = layout.format === 'ndjson' ? listWithin(sample, name) : looksOfTable(await firstLines(layout), layout);
  return looks === null ? error : new CioBulkError(error.code, `${error.message}: ${looks.what}`, { hint: looks.hint });
}

interface Looks {
  readonly what: string;
  readonly hint: string;
}

/** One object around a list of rows, as APIs answer. */
function listWithin(sample: readonly RawRow[], name: string): Looks | null {
  const [row] = sample;
  if (sample.length !== 1 || row === undefined || Array.isArray(row) || !('json' in row)) return null;
  const key = Object.keys(row.json).find(
    (field) => Array.isArray(row.json[field]) && typeof (row.json[field] as unknown[])[0] === 'object',
  );
  return key === undefined
    ? null
    : {
        what: `the file is one object with a list in "${key}"`,
        hint: `give the list, one object per line: jq -c ${shellWord(`.${key}[]`)} ${shellWord(name)}`,
      };
}

const IN_SINGLE_QUOTES = /^'(.*)'$/;

/** Another quote or delimiter than the usual ones, or lines before the header. */
function looksOfTable(lines: readonly string[], layout: SourceLayout): Looks | null {
  if (layout.quote === undefined && layout.header.some((name) => isIdentifier(IN_SINGLE_QUOTES.exec(name.trim())?.[1])))
    return { what: 'the names in its header are in single quotes', hint: `say so with --quote "'"` };
  for (const [index, line] of lines.entries()) {
    for (const delimiter of new Set(line.replaceAll(/[\w\s"'.-]/g, ''))) {
      if (delimiter > '~' || !hasIdentifier(line, delimiter)) continue;
      if (delimiter !== layout.delimiter)
        return {
          what: `the cells of its line ${index + 1} seem to be separated by ${printed(delimiter)}`,
          hint: `say so with --delimiter ${shellWord(printed(delimiter))}`,
        };
    }
    if (index > 0 && hasIdentifier(line, layout.delimiter)) {
      return {
        what: `line ${index + 1} looks like the header, and other lines stand before it`,
        hint: `leave them out with --skip-lines ${index}`,
      };
    }
  }
  return null;
}

function hasIdentifier(line: string, delimiter: string): boolean {
  const cells = line.split(delimiter).map((cell) => cell.trim().replace(/^"(.*)"$/, '$1'));
  return cells.length > 1 && cells.some(isIdentifier);
}

function isIdentifier(name: string | undefined): boolean {
  return name !== undefined && USUAL_IDENTIFIERS.includes(name.toLowerCase());
}

function printed(delimiter: string): string {
  const code = delimiter.charCodeAt(0);
  return code < 32 ? `\\x${code.toString(16).padStart(2, '0')}` : delimiter;
}

async function hintFor(fault: InvalidRow, { layout, name }: Looked, kind: Kind): Promise<string> {
  const lines = await firstLines(layout);
  const rows = lines.filter((line) => line.trim() !== '');
  const isCsv = layout.format !== 'ndjson';
  if (!isCsv && fault.code === 'unparsable' && !/^\s*[{[]/.test(rows[0] ?? ''))
    return 'it looks like CSV: read it with --format csv';
  if (isCsv && /^\s*[{[]/.test(rows[0] ?? '')) return 'it looks like JSON: read it with --format ndjson';
  if (isCsv && looksLikeData(layout.header)) return `its first line looks like data: ${HEADER_HINT}`;
  if (fault.code === 'wrong_cell_count') {
    const body = rows.slice(1);
    if (
      body.length > 0 &&
      body.every((line) => line.endsWith(layout.delimiter)) &&
      rows[0]?.endsWith(layout.delimiter) === false
    ) {
      return `its rows end with a delimiter and its header does not: drop their empty cells with --ragged fill`;
    }
    return `if its cells are not separated by ${printed(layout.delimiter)}, say by what with --delimiter; if its first lines are no table, leave them out with --skip-lines`;
  }
  if (isCsv && fault.code === 'unparsable' && layout.escape === undefined && rows.some((line) => line.includes('\\"')))
    return `its quotes seem to be escaped with a backslash: say so with --escape ${shellWord('\\')}`;
  if (!isComposed(kind) && (fault.code === 'no_identifier' || fault.code === 'bad_identifier'))
    return 'if another column identifies the person, name it with --id-column or --email-column';
  return `see every problem with its line: cio-bulk validate ${name === 'stdin' ? '-' : shellWord(name)}`;
}

function mostFrequent(faults: readonly InvalidRow[]): [InvalidRow, number] {
  const byMessage = new Map<string, [InvalidRow, number]>();
  for (const fault of faults)
    byMessage.set(fault.message, [
      byMessage.get(fault.message)?.[0] ?? fault,
      (byMessage.get(fault.message)?.[1] ?? 0) + 1,
    ]);
  const [first, ...others] = byMessage.values();
  if (first === undefined) throw new Error('no fault among the rows that cannot be sent');
  return others.reduce((most, one) => (one[1] > most[1] ? one : most), first);
}
