import type { SourceLayout } from '../domain/plan.ts';
import type { PlanResult } from '../mapping/plan/plan-options.ts';
import { suggestionText } from '../reading/looks-like.ts';
import type { Suggestion } from '../reading/presets.ts';
import { count } from '../domain/text/numbers.ts';
import { textTable } from '../domain/text/table.ts';
import { safeLine } from '../domain/text/safe-text.ts';
import type { Terminal } from '../output/terminal.ts';

export interface ShownPlan {
  readonly source: string;
  readonly layout: SourceLayout;
  /** A word by which people can tell whether the encoding was guessed well; null when it was no guess. */
  readonly guess: string | null;
  readonly suggestion: Suggestion | null;
  readonly planned: Pick<PlanResult, 'plan' | 'table' | 'lines' | 'warnings'>;
}

function shownDelimiter(delimiter: string): string {
  const code = delimiter.charCodeAt(0);
  return delimiter === '\t' ? 'tab' : code < 0x20 ? `\\x${code.toString(16).padStart(2, '0')}` : delimiter;
}

/** The plan as a table for people and as an object for programs. Samples of cells are shown to people only. */
export function showPlan(
  { source, layout, guess, suggestion, planned }: ShownPlan,
  terminal: Terminal,
  write: (text: string) => void,
): void {
  const { plan, table, lines, warnings } = planned;
  terminal.json({
    type: 'plan',
    source,
    kind: plan.kind,
    action: plan.action,
    format: layout.format,
    compression: layout.compression,
    encoding: layout.encoding,
    encoding_guessed: guess !== null,
    delimiter: layout.format === 'ndjson' ? null : layout.delimiter,
    columns: table.map(({ column, becomes, type, warnings: notes }) => ({ column, becomes, type, warnings: notes })),
    lines: Object.fromEntries(lines.map(({ type, count: of }) => [type, of])),
    warnings,
    suggested_preset: suggestion?.preset ?? null,
  });
  const what = plan.action === 'identify' ? plan.kind : `${plan.kind} to ${plan.action}`;
  const dialect =
    layout.format === 'ndjson'
      ? 'NDJSON'
      : `${layout.format.toUpperCase()}, delimiter ${shownDelimiter(layout.delimiter)}`;
  const packed = layout.compression === 'none' ? '' : `, ${layout.compression}`;
  write(`Plan for ${safeLine(source)}: ${what} from ${dialect}, ${layout.encoding}${packed}`);
  if (table.length > 0)
    write(
      textTable(
        ['column', 'becomes', 'type', 'sample'],
        table.map(({ column, becomes, type, sample }) => [column, becomes, type, sample]),
      ),
    );
  if (lines.length > 0)
    write(`  lines of the sample: ${lines.map(({ type, count: of }) => `${type} ${count(of)}`).join(', ')}`);
  if (suggestion !== null) terminal.warn(suggestionText(suggestion));
  if (guess !== null)
    terminal.warn(
      `the encoding is a guess: in ${layout.encoding} the file has words like ${guess}; if that is wrong, name the right one with --encoding`,
    );
  for (const warning of warnings) terminal.warn(warning);
}
