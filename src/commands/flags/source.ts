import type { Command } from 'commander';
import { FORMATS, mappingOf, saidOfFile, withFileKeys } from './mapping.ts';
import { addTableFlags, encodingOf, tableMeaning, tableOptions } from './table.ts';
import { wholeNumber } from './values.ts';
import { CioBulkError } from '../../domain/errors.ts';
import { refuseTableFlags } from '../../input/detect/table-start.ts';
import type { PlanOptions } from '../../mapping/plan/plan-options.ts';
import { safeLine } from '../../domain/text/safe-text.ts';
import type { LeftOut } from '../../input/bytes/files.ts';
import type { Terminal } from '../../output/terminal.ts';
import type { SourceOptions } from '../../reading/options.ts';
import { text } from './common.ts';
import { readChoice } from './sending.ts';

const LEFT_OUT_SHOWN_MAX = 5;

export function addSourceFlags(command: Command): Command {
  addMeaningFlags(command);
  return addTableFlags(command)
    .option('--group-object-type <id>', 'send groups in Segment-style lines as objects of this type')
    .option('--api <version>', 'Track API version: v2 (batches) or v1 (one request per row)', 'v2')
    .option('--dedupe-key <col,...>', 'columns that together identify an event')
    .option('--dataset <name>', 'name to derive event ids from (default: the file name)')
    .option('--skip <n>', 'rows to skip at the start', '0')
    .option('--limit <n>', 'maximum number of rows to take')
    .option('--skip-recent', 'leave out events recent enough to trigger campaigns');
}

function addMeaningFlags(command: Command): void {
  command
    .option('--kind <kind>', 'what the rows are: people, events, devices, objects, relationships or auto', 'auto')
    .option('--action <action>', 'what to do with them: identify, delete, suppress or unsuppress', 'identify')
    .option('--format <format>', 'input format: csv, tsv, ndjson or auto', 'auto')
    .option('--id-column <name>', 'the column with the person id (default: id, customer_id or user_id)')
    .option('--email-column <name>', 'the column with the e-mail (default: email)')
    .option(
      '--cio-id-column <name>',
      'the column with the cio_id (default: cio_id, if nothing else identifies the person)',
    )
    .option('--anonymous-id-column <name>', 'the column with an anonymous id, for events (default: anonymous_id)')
    .option('--device-token-column <name>', 'the column with the token of a device (default: device_token)')
    .option('--device-platform-column <name>', 'the column with its platform (default: device_platform or platform)')
    .option('--object-type-id-column <name>', 'the column with the type of an object (default: object_type_id)')
    .option('--object-id-column <name>', 'the column with the id of an object (default: object_id)')
    .option('--event-column <name>', 'the column with the event name (default: event, event_name, event_type or name)')
    .option('--event-name <name>', 'one event name for all rows')
    .option(
      '--timestamp-column <name>',
      'the column with the event time (default: timestamp, time, occurred_at or created_at)',
    )
    .option('--map <file.json>', 'mapping file, to rename, drop, type and nest columns and to add constants')
    .option('--preset <name>', 'mapping for the export of another system, such as shopify-customers (docs/presets.md)')
    .addOption(
      command
        .createOption('--set <key=value>', 'attribute to set to the same value in every row; repeatable')
        .argParser(append),
    )
    .option('--types <types>', 'column types: auto, string, or col:type,...', 'auto')
    .option('--empty <policy>', 'what an empty CSV cell means: omit, null or keep (default: omit)')
    .option('--null <text,...>', "texts to treat as empty cells, such as 'NULL,\\N'; '' for none")
    .option('--timezone <zone>', 'time zone of times without an offset, such as Europe/Vienna or UTC');
}

function append(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}

export function sourceOptions(flags: Record<string, unknown>, cwd: string): SourceOptions {
  const map = mappingOf(flags, cwd);
  const options = map === undefined ? flags : withFileKeys(flags, map.file);
  const given = planFlags(options);
  const format = readChoice(options, 'format', '--format', FORMATS) ?? 'auto';
  const table = tableOptions(options);
  if (format === 'ndjson') refuseTableFlags(table, 'the source');
  const encoding = encodingOf(text(options, 'encoding') ?? 'auto');
  const skip = wholeNumber('--skip', text(options, 'skip') ?? '0', 0);
  const limit = text(options, 'limit');
  const dataset = text(options, 'dataset');
  const skipRecent = options['skipRecent'] === true;
  if (skipRecent && options['allowTriggers'] === true)
    throw new CioBulkError('usage', '--skip-recent and --allow-triggers contradict each other');
  return {
    format,
    table,
    encoding,
    plan: { ...given, map: map?.file ?? null },
    file: saidOfFile(options),
    skip,
    limit: limit === undefined ? null : wholeNumber('--limit', limit, 1),
    dataset,
    skipRecent,
    // The order of the keys is part of the fingerprint.
    meaning: {
      ...given,
      map: map?.text ?? null,
      format,
      ...tableMeaning(table, encoding),
      skip,
      dataset: dataset ?? null,
    },
  };
}

/** What the flags say about the mapping. A flag that was not given is absent. */
function planFlags(options: Record<string, unknown>): Omit<PlanOptions, 'map'> {
  const flags = {
    kind: readChoice(options, 'kind', '--kind', ['auto', 'people', 'events', 'devices', 'objects', 'relationships']),
    action: explicitAction(options),
    idColumn: text(options, 'idColumn'),
    emailColumn: text(options, 'emailColumn'),
    cioIdColumn: text(options, 'cioIdColumn'),
    eventColumn: text(options, 'eventColumn'),
    eventName: text(options, 'eventName'),
    timestampColumn: text(options, 'timestampColumn'),
    types: text(options, 'types'),
    timezone: text(options, 'timezone'),
    api: readChoice(options, 'api', '--api', ['v2', 'v1']),
    set: options['set'] as readonly string[] | undefined,
    dedupeKey: text(options, 'dedupeKey')
      ?.split(',')
      .map((name) => name.trim()),
    empty: readChoice(options, 'empty', '--empty', ['omit', 'null', 'keep']),
    nulls: text(options, 'null')
      ?.split(',')
      .filter((marker) => marker !== ''),
    groupObjectType: objectType(text(options, 'groupObjectType')),
    anonymousIdColumn: text(options, 'anonymousIdColumn'),
    deviceTokenColumn: text(options, 'deviceTokenColumn'),
    devicePlatformColumn: text(options, 'devicePlatformColumn'),
    objectTypeIdColumn: text(options, 'objectTypeIdColumn'),
    objectIdColumn: text(options, 'objectIdColumn'),
  };
  if (flags.eventColumn !== undefined && flags.eventName !== undefined)
    throw new CioBulkError('usage', '--event-column and --event-name contradict each other');
  return withoutUndefined(flags);
}

/** Types of objects are whole numbers from 1. */
function objectType(given: string | undefined): string | undefined {
  return given === undefined ? undefined : String(wholeNumber('--group-object-type', given, 1));
}

/** The flag's default must not overrule a mapping file: only an action that was typed counts. */
function explicitAction(
  options: Record<string, unknown>,
): 'identify' | 'delete' | 'suppress' | 'unsuppress' | undefined {
  const action = readChoice(options, 'action', '--action', ['identify', 'delete', 'suppress', 'unsuppress']);
  return action === 'identify' ? undefined : action;
}

type WithoutUndefined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function withoutUndefined<T extends object>(object: T): WithoutUndefined<T> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as WithoutUndefined<T>;
}

/** Names a few of the entries of a directory that are not read. */
export function tellLeftOut(terminal: Terminal): LeftOut {
  return (directory, names) => {
    const shown = names
      .slice(0, LEFT_OUT_SHOWN_MAX)
      .map((name) => safeLine(name))
      .join(', ');
    const more = names.length > LEFT_OUT_SHOWN_MAX ? ` and ${names.length - LEFT_OUT_SHOWN_MAX} more` : '';
    terminal.warn(
      `not read in ${safeLine(directory)}: ${shown}${more} (folders are not entered; files are known by .csv, .tsv, .ndjson, .jsonl and .json)`,
    );
  };
}
