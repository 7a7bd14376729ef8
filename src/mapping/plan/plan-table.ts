/** The plan as people see it: a line per column, and everything worth a warning. */
import type { RawRow } from '../../domain/block.ts';
import type { ColumnPlan, Plan, SourceLayout } from '../../domain/plan.ts';
import { safeText } from './column-names.ts';
import type { PlanTableRow } from './plan-options.ts';
import { reservedMeaning } from './reserved-names.ts';
import { sampleTexts } from './sample-texts.ts';
import { keysOf } from '../values/steps.ts';

const SAMPLE_CHARS = 40;
const NAME_CHARS = 60;
const ROLE_TEXT: Readonly<Record<Exclude<ColumnPlan['role'], 'attribute' | 'email'>, string>> = {
  id: 'person id',
  cio_id: 'person cio_id',
  anonymous_id: 'anonymous id (where there is no other)',
  event: 'event name',
  timestamp: 'event time',
  event_id: 'event id',
  drop: '(left out)',
};

export function planTable(
  plan: Plan,
  layout: SourceLayout,
  sample: readonly RawRow[],
  notes: ReadonlyMap<number, readonly string[]>,
): { table: PlanTableRow[]; warnings: string[] } {
  const warnings: string[] = [];
  const isNdjson = layout.format === 'ndjson';
  const table = plan.columns.flatMap((column, index): PlanTableRow[] => {
    if (isNdjson && !notes.has(index)) return []; // not in the sample
    const own = notes.get(index) ?? [];
    for (const note of own) warnings.push(note);
    const first = sampleTexts(sample, column.name, column.index).find((text) => text !== '') ?? '';
    return [
      {
        column: safeText(column.name, NAME_CHARS),
        becomes: becomes(plan, column) + stepsText(column),
        type: typeText(column, isNdjson),
        sample: safeText(first, SAMPLE_CHARS),
        warnings: own,
      },
    ];
  });
  for (const [name, value] of Object.entries(plan.constants)) {
    const meaning = reservedMeaning(plan.kind, name);
    if (meaning !== null) warnings.push(`the constant ${meaning}`);
    const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
    table.push({
      column: '(constant)',
      becomes: `${plan.kind === 'events' ? 'data' : 'attribute'} ${safeText(name, NAME_CHARS)}`,
      type: value !== null && typeof value === 'object' ? 'json' : typeof value,
      sample: safeText(text, SAMPLE_CHARS),
      warnings: meaning === null ? [] : [meaning],
    });
  }
  return { table, warnings };
}

function becomes(plan: Plan, column: ColumnPlan): string {
  const isEvents = plan.kind === 'events';
  if (column.role === 'attribute')
    return `${isEvents ? 'data' : 'attribute'} ${safeText(column.path.join('.'), NAME_CHARS)}`;
  if (column.role !== 'email') return ROLE_TEXT[column.role];
  const isOnlyOne = !plan.columns.some((other) => other.role === 'id' || other.role === 'cio_id');
  return isOnlyOne
    ? 'person e-mail'
    : isEvents
      ? 'person e-mail (where the id is empty)'
      : 'person e-mail (an attribute where there is an id)';
}

function stepsText({ role, steps }: ColumnPlan): string {
  const words = role === 'drop' ? [] : keysOf(steps ?? {}).filter((key) => key !== 'separator');
  return words.length === 0 ? '' : ` (${words.join(', ')})`;
}

function typeText(column: ColumnPlan, isNdjson: boolean): string {
  if (column.role === 'drop') return '';
  return isNdjson && column.type === 'json' && !column.strict ? 'as in the file' : column.type;
}
