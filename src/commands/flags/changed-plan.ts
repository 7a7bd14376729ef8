import type { Command } from 'commander';
import { oneOf } from './values.ts';
import { CioBulkError } from '../../domain/errors.ts';
import type { ColumnPlan, Plan } from '../../domain/plan.ts';
import { parseTypes } from '../../mapping/plan/column-types.ts';
import { parseConstants } from '../../mapping/plan/constants.ts';
import { isZone } from '../../mapping/values/zones.ts';
import { text } from './common.ts';

const FLAGS = ['timezone', 'types', 'empty', 'eventName', 'set'] as const;

/** Flags for mapping invalid rows again. */
export function addPlanFlags(command: Command): Command {
  return command
    .option('--timezone <zone>', 'map invalid rows again with this time zone for times without an offset')
    .option('--types <types>', 'map invalid rows again with these column types: string, or col:type,...')
    .option('--empty <policy>', 'map invalid rows again with this meaning of an empty cell: omit, null or keep')
    .option('--event-name <name>', 'map invalid rows again with this event name for rows that have none')
    .addOption(
      command
        .createOption('--set <key=value>', 'map invalid rows again with this attribute set in every row; repeatable')
        .argParser(append),
    );
}

function append(value: string, before: readonly string[] | undefined): string[] {
  return [...(before ?? []), value];
}

export function hasPlanFlags(options: Record<string, unknown>): boolean {
  return FLAGS.some((name) => options[name] !== undefined);
}

/** The plan of a run as these flags change it. Throws `usage` at once when a flag is wrong. */
export function planChange(options: Record<string, unknown>): (plan: Plan) => Plan {
  const timezone = text(options, 'timezone');
  if (timezone !== undefined && !isZone(timezone))
    throw new CioBulkError('usage', `--timezone: "${timezone}" is not a time zone`, {
      hint: 'use a name such as Europe/Vienna, an offset such as +02:00, or UTC',
    });
  const given = text(options, 'empty');
  const empty = given === undefined ? undefined : oneOf('--empty', given, ['omit', 'null', 'keep']);
  const types = parseTypes(text(options, 'types'));
  const eventName = text(options, 'eventName');
  const set = options['set'] as readonly string[] | undefined;
  const typeOf = (name: string): ColumnPlan['type'] | undefined =>
    [...types.demanded].find(([one]) => one.toLowerCase() === name.toLowerCase())?.[1];
  return (plan) => {
    for (const name of types.demanded.keys())
      if (!plan.columns.some((column) => column.name.toLowerCase() === name.toLowerCase()))
        throw new CioBulkError('usage', `--types: there is no column "${name}"`);
    const columns = plan.columns.map((column): ColumnPlan => {
      const type = column.role === 'attribute' ? (typeOf(column.name) ?? types.fallback ?? undefined) : undefined;
      return {
        ...column,
        ...(type === undefined ? {} : { type, strict: type !== 'string' }),
        ...(empty === undefined ? {} : { empty }),
      };
    });
    return {
      ...plan,
      columns,
      timezone: timezone ?? plan.timezone,
      emptyDefault: empty ?? plan.emptyDefault,
      eventName: eventName ?? plan.eventName,
      constants: set === undefined ? plan.constants : parseConstants(set, plan.constants, plan.typesDefault),
    };
  };
}
