/** The plan as people see it: a line per column, and everything worth a warning. */
import type { RawRow } from '../../domain/block.ts';
import type { ColumnPlan, Plan, SourceLayout } from '../../domain/plan.ts';
import { BESIDE, isComposed, MOMENTS } from '../../domain/roles.ts';
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
  device_token: 'device token',
  device_platform: 'device platform',
  object_type_id: 'object type id',
  object_id: 'object id',
  event: 'event name',
  timestamp: 'event time',
  event_id: 'event id',
  drop: '(left out)',
};

const ATTRIBUTE_TEXT: Readonly<Record<Plan['kind'], string>> = {
  people: 'attribute',
  events: 'data',
  devices: 'device attribute',
  objects: 'object attribute',
  relationships: 'relationship attribute',
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
      becomes: attributeText(plan, name),
      type: value !== null && typeof value === 'object' ? 'json' : typeof value,
      sample: safeText(text, SAMPLE_CHARS),
      warnings: meaning === null ? [] : [meaning],
    });
  }
  return { table, warnings };
}

function becomes(plan: Plan, column: ColumnPlan): string {
  if (column.role === 'attribute') return attributeText(plan, column.path.join('.'));
  if (column.role !== 'email') return ROLE_TEXT[column.role];
  const isOnlyOne = !plan.columns.some((other) => other.role === 'id' || other.role === 'cio_id');
  return isOnlyOne
    ? 'person e-mail'
    : plan.kind === 'people'
      ? 'person e-mail (an attribute where there is an id)'
      : 'person e-mail (where the id is empty)';
}

function attributeText({ kind }: Plan, name: string): string {
  if (kind === 'devices' && name === MOMENTS.devices) return 'time of last use';
  if (isComposed(kind) && name === BESIDE[kind]) return ROLE_TEXT[BESIDE[kind]];
  return `${ATTRIBUTE_TEXT[kind]} ${safeText(name, NAME_CHARS)}`;
}

function stepsText({ role, steps }: ColumnPlan): string {
  const words = role === 'drop' ? [] : keysOf(steps ?? {}).filter((key) => key !== 'separator');
  return words.length === 0 ? '' : ` (${words.join(', ')})`;
}

function typeText(column: ColumnPlan, isNdjson: boolean): string {
  if (column.role === 'drop') return '';
  return isNdjson && column.type === 'json' && !column.strict ? 'as in the file' : column.type;
}
