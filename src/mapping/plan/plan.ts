/** From a file's columns, its first rows and what the user says to the plan that holds for the whole run. */
import type { RawRow } from '../../domain/block.ts';
import { CioBulkError } from '../../domain/errors.ts';
import { ITEM_BYTES_MAX } from '../../domain/limits.ts';
import type { ColumnPlan, Format, Plan, SourceLayout } from '../../domain/plan.ts';
import { isComposed } from '../../domain/roles.ts';
import { attributeTree } from '../rows/attribute-tree.ts';
import { listNames, type Columns } from './column-names.ts';
import { sampleAfterSteps } from './column-steps.ts';
import { assertComposable } from './composed-kinds.ts';
import { placeIn, planColumns } from './columns.ts';
import { parseTypes } from './column-types.ts';
import { NO_CONSENT, settleConsent } from '../values/consent.ts';
import { constantPlaces, parseConstants } from './constants.ts';
import { HEADER_HINT, looksLikeData } from './first-line.ts';
import { checkConstants } from '../checks/constant-values.ts';
import { createIdentityCheck } from '../checks/identity-check.ts';
import { readFirstRows } from './first-rows.ts';
import type { LineCounts } from './line-counts.ts';
import type { PlanOptions, PlanResult } from './plan-options.ts';
import { findRoles, USUAL_IDENTIFIERS } from './roles.ts';
import type { Roles } from './roles.ts';
import { planTable } from './plan-table.ts';
import { wishesOf } from './wishes.ts';

import { unknowableEvents } from './unknowable-events.ts';
import { isZone } from '../values/zones.ts';

/** @throws CioBulkError `usage`, `mapping`, `ambiguous_column` or `no_identifier`: all exit 2, before anything is sent. */
export function inferPlan(layout: SourceLayout, firstRows: readonly RawRow[], asked: PlanOptions): PlanResult {
  const given = isEmpty(layout) ? withoutColumns(asked) : asked;
  const first = readFirstRows(layout, firstRows, given);
  const { columns, map, rows: read, lines, nulls: nullTexts, skipRows } = first;
  const options = { ...given, map };
  const roles = rolesOf(columns, layout, options, lines);
  const sample = sampleAfterSteps({ columns, map, roles, isNdjson: layout.format === 'ndjson' }, read, {
    ...(nullTexts === undefined ? {} : { nulls: nullTexts }),
    ...(lines.hasTyped ? { hasTypedLines: true } : {}),
  });
  const { kind } = roles;
  const types = parseTypes(options.types);
  const typesDefault = types.fallback ?? (map?.types === 'string' ? 'string' : 'auto');
  const empty = options.empty ?? map?.empty ?? (layout.format === 'ndjson' ? 'keep' : 'omit');
  const timezone = timezoneOf(options);
  const action = actionOf(options, kind);
  const planned = planColumns({ layout, sample, columns, roles, map, types, typesDefault, empty, action });
  const plan: Plan = {
    kind,
    action,
    columns: planned.columns,
    constants: constantsOf(options, typesDefault, { kind, timezone }),
    eventName: options.eventName ?? map?.eventName ?? null,
    timezone,
    dedupeKey: dedupeKeyOf(columns, options, layout.format),
    ...(nullTexts === undefined ? {} : { nulls: nullTexts }),
    ...(lines.hasTyped ? { hasTypedLines: true } : {}),
    ...(options.groupObjectType === undefined ? {} : { groupObjectType: options.groupObjectType }),
    ...(first.lift === undefined ? {} : { lift: first.lift }),
    ...(skipRows.length === 0 ? {} : { skipRows }),
    ...(planned.patterns.length === 0 ? {} : { patterns: planned.patterns }),
    emptyDefault: empty,
    typesDefault,
    extra: map?.keepOnly === undefined ? 'attribute' : 'drop',
    api: options.api ?? 'v2',
    itemBytesMax: options.itemBytesMax ?? ITEM_BYTES_MAX,
  };
  attributeTree(plan, ({ name }) => placeIn(map, name)); // refuses two things in one place
  assertOneEmail(plan);
  const wishes = wishesOf(plan, map, lines.byType);
  if (needsIdentifier(layout, lines)) assertUsable(plan, columns.names, layout);
  const { table, warnings } = planTable(plan, layout, sample, planned.notes);
  const identities = createIdentityCheck(plan, layout.header);
  identities.add(firstRows, 0);
  return {
    plan,
    map,
    table,
    lines: lines.byType,
    warnings: [
      ...wishes,
      ...warnings,
      ...headerWarnings(layout, read, roles),
      ...(roles.kindNote === null ? [] : [roles.kindNote]),
      ...unknowableEvents(plan, sample),
    ],
    identityWarnings: identities.warnings(),
  };
}

function isEmpty({ format, header }: SourceLayout): boolean {
  return format !== 'ndjson' && header.length === 0;
}

/** An empty table has no columns to name, and nothing is wrong with that. */
function withoutColumns({ kind, action, api }: PlanOptions): PlanOptions {
  return { ...(kind && { kind }), ...(action && { action }), ...(api && { api }) };
}

function timezoneOf({ timezone: given, map }: PlanOptions): string | null {
  const timezone = given ?? map?.timezone ?? null;
  if (timezone !== null && !isZone(timezone)) {
    throw new CioBulkError('usage', `--timezone: "${timezone}" is no time zone`, {
      hint: 'use a name such as Europe/Vienna, an offset such as +02:00, or UTC',
    });
  }
  return timezone;
}

function actionOf(options: PlanOptions, kind: Plan['kind']): Plan['action'] {
  const action = options.action ?? options.map?.action ?? 'identify';
  if (action !== 'identify' && (kind === 'events' || (action !== 'delete' && isComposed(kind)))) {
    throw new CioBulkError('usage', `--action ${action} is for people, and this file holds ${kind}`, {
      hint: 'add --kind people if it holds people',
    });
  }
  return action;
}

/** The columns that identify an event, by their names in the file. Those that may be missing may turn up in later rows of NDJSON. */
function dedupeKeyOf(columns: Columns, { dedupeKey, map }: PlanOptions, format: Format): readonly string[] | null {
  const [names, where, code] =
    dedupeKey === undefined
      ? ([map?.dedupeKey, map?.where('/dedupe_key') ?? '', 'mapping'] as const)
      : ([dedupeKey, '--dedupe-key', 'usage'] as const);
  if (dedupeKey === undefined && map?.missing === 'ignore')
    return names?.filter((name) => format === 'ndjson' || columns.names.includes(name)) ?? null;
  return names?.map((name) => columns.names[columns.named(name, where, code)] ?? name) ?? null;
}

function constantsOf(
  options: PlanOptions,
  types: 'auto' | 'string',
  plan: Pick<Plan, 'kind' | 'timezone'>,
): Record<string, unknown> {
  const { map, set = [] } = options;
  const placeOf = constantPlaces(map);
  const constants = parseConstants(set, map?.constants ?? {}, types, placeOf);
  const settled = plan.kind === 'people' ? settleConsent(constants) : constants;
  if (typeof settled === 'string')
    throw new CioBulkError('mapping', `${placeOf(settled)}the constant "${settled}" ${NO_CONSENT}`, {
      hint: `for example --set ${settled}=true`,
    });
  return { ...checkConstants(settled, plan) };
}

/** Lines that say themselves what they are need no columns: those of flat ones decide the kind only where a flat row can be sent. */
function rolesOf(columns: Columns, layout: SourceLayout, options: PlanOptions, lines: LineCounts): Roles {
  const roles = findRoles(columns, layout.format, options);
  const areFlatUsable = [...roles.byColumn.values(), ...roles.unseen.values()].some(
    (role) => role === 'id' || role === 'email' || role === 'cio_id' || role === 'anonymous_id' || role === 'object_id',
  );
  if (layout.format !== 'ndjson' || lines.flat === lines.total || areFlatUsable || (options.kind ?? 'auto') !== 'auto')
    return roles;
  return { ...roles, kind: lines.events > 0 ? 'events' : roles.kind };
}

/** The e-mail of a row with an id is written as an attribute: no other column can be that. */
function assertOneEmail(plan: Plan): void {
  const other = plan.columns.find(
    (column) => column.role === 'attribute' && column.path.length === 1 && column.path[0] === 'email',
  );
  if (plan.kind !== 'people' || other === undefined || !plan.columns.some((column) => column.role === 'email')) return;
  throw new CioBulkError(
    'ambiguous_column',
    `column "${other.name}" would set the e-mail, which another column does already`,
    {
      hint: 'rename or drop it with --map, or name it with --email-column',
    },
  );
}

/** Not where no row could miss it: without a header there are no rows, and among typed lines a flat one that nobody can use is one bad row. */
function needsIdentifier(layout: SourceLayout, { flat, total }: LineCounts): boolean {
  return layout.format === 'ndjson' ? flat > 0 && flat === total : layout.header.length > 0;
}

function assertUsable(plan: Plan, names: readonly string[], layout: SourceLayout): void {
  const has = (role: ColumnPlan['role']): boolean =>
    plan.columns.some((column) => column.role === role && (column.index >= 0 || names.includes(column.name)));
  assertComposable(plan, has, `the columns are ${listNames(names)}`);
  if (plan.kind === 'objects') return;
  if (!has('id') && !has('email') && !has('cio_id') && !has('anonymous_id')) {
    if (looksLikeData(layout.header))
      throw new CioBulkError(
        'no_identifier',
        'no column identifies the person, and the first line looks like data, not like names of columns',
        { hint: HEADER_HINT },
      );
    throw new CioBulkError(
      'no_identifier',
      `no column identifies the person (id, customer_id, user_id, email or cio_id${plan.kind === 'events' ? '; for events, anonymous_id too' : ''})`,
      {
        hint: `name one with --id-column, --email-column or --cio-id-column; the columns are ${listNames(names)}`,
      },
    );
  }
  if (plan.kind === 'events' && plan.eventName === null && !has('event')) {
    throw new CioBulkError('usage', 'no column names the event (event, event_name or name)', {
      hint: `name one with --event-column, or give all rows one name with --event-name; the columns are ${listNames(names)}`,
    });
  }
}

/** The first line may be data that was taken for the header, or the header that was taken for data. */
function headerWarnings(layout: SourceLayout, [first]: readonly RawRow[], { byColumn }: Roles): string[] {
  const warnings: string[] = [];
  if (looksLikeData(layout.header))
    warnings.push(`the first line looks like data and was taken for the names of the columns: ${HEADER_HINT}`);
  if (
    Array.isArray(first) &&
    first.some((cell, index) => byColumn.has(index) && USUAL_IDENTIFIERS.includes(cell.trim().toLowerCase()))
  )
    warnings.push(
      'the first row looks like the names of columns: leave --header out if the file has a header, or pass over the row with --skip 1',
    );
  return warnings;
}
