/** From a file's columns, its first rows and what the user says to the plan that holds for the whole run. */
import type { RawRow } from '../../domain/block.ts';
import { CioBulkError } from '../../domain/errors.ts';
import { ITEM_BYTES_MAX } from '../../domain/limits.ts';
import type { ColumnPlan, Plan, SourceLayout } from '../../domain/plan.ts';
import { attributeTree } from '../rows/attribute-tree.ts';
import { createColumns, listNames } from './column-names.ts';
import { planColumns } from './columns.ts';
import { parseTypes } from './column-types.ts';
import { NO_CONSENT, settleConsent } from '../values/consent.ts';
import { parseConstants } from './constants.ts';
import { HEADER_HINT, looksLikeData } from './first-line.ts';
import { createHeaderCheck } from '../rows/header-row.ts';
import { checkConstants } from '../checks/constant-values.ts';
import { createIdentityCheck } from '../checks/identity-check.ts';
import { countLines } from './line-counts.ts';
import type { LineCounts } from './line-counts.ts';
import { createNulls } from '../values/nulls.ts';
import type { PlanOptions, PlanResult } from './plan-options.ts';
import { findRoles, USUAL_IDENTIFIERS } from './roles.ts';
import type { Roles } from './roles.ts';
import { planTable } from './plan-table.ts';
import { unknowableEvents } from './unknowable-events.ts';
import { isZone } from '../values/zones.ts';

/** @throws CioBulkError `usage`, `mapping`, `ambiguous_column` or `no_identifier`: all exit 2, before anything is sent. */
export function inferPlan(layout: SourceLayout, firstRows: readonly RawRow[], options: PlanOptions): PlanResult {
  const isHeader = createHeaderCheck(layout.header);
  const map = options.map ?? null;
  const nullTexts = options.nulls ?? map?.nulls;
  const nulls = createNulls(nullTexts);
  const rows = firstRows.filter((row) => !(Array.isArray(row) && isHeader(row)));
  const sample = nulls === null ? rows : rows.map(nulls.row);
  const lines = countLines(sample);
  // Blanks around a name in the header are nobody's intention; cells keep theirs.
  const columns = createColumns(layout.format === 'ndjson' ? lines.fields : layout.header.map((name) => name.trim()));
  const roles = rolesOf(columns, layout, options, lines);
  const types = parseTypes(options.types);
  const empty = options.empty ?? map?.empty ?? (layout.format === 'ndjson' ? 'keep' : 'omit');
  const timezone = options.timezone ?? map?.timezone ?? null;
  if (timezone !== null && !isZone(timezone)) {
    throw new CioBulkError('usage', `--timezone: "${timezone}" is no time zone`, {
      hint: 'use a name such as Europe/Vienna, an offset such as +02:00, or UTC',
    });
  }
  const action = options.action ?? map?.action ?? 'identify';
  if (roles.kind === 'events' && action !== 'identify') {
    throw new CioBulkError('usage', `--action ${action} is for people, and this file holds events`, {
      hint: 'add --kind people if it holds people',
    });
  }
  const typesDefault = types.fallback ?? map?.types ?? 'auto';
  const planned = planColumns({ layout, sample, columns, roles, map, types, typesDefault, empty, action });
  const dedupeNames = options.dedupeKey ?? map?.dedupeKey ?? null;
  const dedupeWhere = options.dedupeKey === undefined ? `${map?.path ?? ''}: /dedupe_key` : '--dedupe-key';
  const plan: Plan = {
    kind: roles.kind,
    action,
    columns: planned.columns,
    constants: constantsOf(options, typesDefault, { kind: roles.kind, timezone }),
    eventName: options.eventName ?? map?.eventName ?? null,
    timezone,
    dedupeKey:
      dedupeNames?.map(
        (name) =>
          columns.names[columns.named(name, dedupeWhere, options.dedupeKey === undefined ? 'mapping' : 'usage')] ??
          name,
      ) ?? null,
    ...(nullTexts === undefined ? {} : { nulls: nullTexts }),
    ...(lines.hasTyped ? { hasTypedLines: true } : {}),
    ...(options.groupObjectType === undefined ? {} : { groupObjectType: options.groupObjectType }),
    emptyDefault: empty,
    typesDefault,
    extra: map?.keepOnly === undefined ? 'attribute' : 'drop',
    api: options.api ?? 'v2',
    itemBytesMax: options.itemBytesMax ?? ITEM_BYTES_MAX,
  };
  attributeTree(plan); // refuses two things in one place
  assertOneEmail(plan);
  const isEmpty = layout.format !== 'ndjson' && layout.header.length === 0; // no header, no rows: nothing can go wrong
  // Among lines that say themselves what they are, a flat one that nobody can use is one bad row.
  const isAllFlat = layout.format !== 'ndjson' || (lines.flat > 0 && lines.flat === lines.total);
  if (!isEmpty && isAllFlat) assertUsable(plan, columns.names, layout);
  const { table, warnings } = planTable(plan, layout, sample, planned.notes);
  const identities = createIdentityCheck(plan);
  identities.add(sample, 0);
  if (looksLikeData(layout.header))
    warnings.push(`the first line looks like data and was taken for the names of the columns: ${HEADER_HINT}`);
  const [first] = sample;
  if (
    Array.isArray(first) &&
    first.some((cell, index) => roles.byColumn.has(index) && USUAL_IDENTIFIERS.includes(cell.trim().toLowerCase()))
  )
    warnings.push(
      'the first row looks like the names of columns: leave --header out if the file has a header, or pass over the row with --skip 1',
    );
  if (roles.kindNote !== null) warnings.push(roles.kindNote);
  return {
    plan,
    table,
    lines: lines.byType,
    warnings: [...warnings, ...unknowableEvents(plan, sample)],
    identityWarnings: identities.warnings(),
  };
}

function constantsOf(
  options: PlanOptions,
  types: 'auto' | 'string',
  plan: Pick<Plan, 'kind' | 'timezone'>,
): Record<string, unknown> {
  const constants = parseConstants(options.set ?? [], options.map?.constants ?? {}, types);
  const settled = plan.kind === 'people' ? settleConsent(constants) : constants;
  if (typeof settled === 'string')
    throw new CioBulkError('mapping', `the constant "${settled}" ${NO_CONSENT}`, {
      hint: `for example --set ${settled}=true`,
    });
  return { ...checkConstants(settled, plan) };
}

/** Lines that say themselves what they are need no columns: those of flat ones decide the kind only where a flat row can be sent. */
function rolesOf(
  columns: ReturnType<typeof createColumns>,
  layout: SourceLayout,
  options: PlanOptions,
  lines: LineCounts,
): Roles {
  const roles = findRoles(columns, layout.format, options);
  const areFlatUsable = [...roles.byColumn.values(), ...roles.unseen.values()].some(
    (role) => role === 'id' || role === 'email' || role === 'cio_id',
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
  if (plan.kind === 'events' || other === undefined || !plan.columns.some((column) => column.role === 'email')) return;
  throw new CioBulkError(
    'ambiguous_column',
    `column "${other.name}" would set the e-mail, which another column does already`,
    {
      hint: 'rename or drop it with --map, or name it with --email-column',
    },
  );
}

function assertUsable(plan: Plan, names: readonly string[], layout: SourceLayout): void {
  const has = (role: ColumnPlan['role']): boolean =>
    plan.columns.some((column) => column.role === role && (column.index >= 0 || names.includes(column.name)));
  if (!has('id') && !has('email') && !has('cio_id')) {
    if (looksLikeData(layout.header))
      throw new CioBulkError(
        'no_identifier',
        'no column identifies the person, and the first line looks like data, not like names of columns',
        { hint: HEADER_HINT },
      );
    throw new CioBulkError(
      'no_identifier',
      'no column identifies the person (id, customer_id, user_id, email or cio_id)',
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
