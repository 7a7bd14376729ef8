/** How a source is read and what its rows become. Plain JSON: it crosses to the reading thread and is stored in the run. */
import type { Position } from './chunk.ts';
import type { RowRanges } from './ledger.ts';

export type Format = 'csv' | 'tsv' | 'ndjson';
export type Kind = 'people' | 'events' | 'devices' | 'objects' | 'relationships';
export type Action = 'identify' | 'delete' | 'suppress' | 'unsuppress';
/** The name that the Encoding Standard (WHATWG) gives an encoding: `utf-8`, `windows-1252`, `shift_jis`... */
export type Encoding = string;
export type Compression = 'none' | 'gzip' | 'zstd' | 'brotli';
export type ColumnType = 'string' | 'number' | 'boolean' | 'timestamp' | 'json';
export type EmptyPolicy = 'omit' | 'null' | 'keep';
/**
 * How a time is written; `auto` is ISO 8601 or unix time in a unit told by its size, and never a guess between day and month.
 * `excel` is days since 1899-12-30; what begins with % is a pattern such as `%d/%m/%Y %H:%M` (mapping/values/time-patterns.ts).
 */
export type TimeFormat =
  'auto' | 'iso' | 'unix' | 'unix_ms' | 'unix_us' | 'unix_local' | 'excel' | 'dd/mm/yyyy' | 'mm/dd/yyyy' | `%${string}`;
/** Of several, the first that reads a text. */
export type TimeFormats = TimeFormat | readonly TimeFormat[];

/** How a table is written. What is absent is as RFC 4180 has it, and as runs have it that are older than the field. */
export interface Dialect {
  /** One character (CSV and TSV). */
  readonly delimiter: string;
  /** The ASCII character around cells, empty when nothing quotes. Absent: `"`. */
  readonly quote?: string;
  /** The ASCII character that, in a quoted cell, makes a quote, a line end or itself a part of the text. Absent: quotes are only doubled. */
  readonly escape?: string;
  /** Lines that begin with this ASCII character are no rows. */
  readonly comment?: string;
  /** A row that is too short gets empty cells, and one that is too long for nothing but empty cells loses them. */
  readonly ragged?: 'fill';
}

/** Where the bytes are and how they are laid out. */
export interface SourceLayout extends Dialect {
  /** Absolute path of the file; for stdin the path of its spool. */
  readonly path: string;
  readonly format: Format;
  readonly compression: Compression;
  readonly encoding: Encoding;
  /** NDJSON whose file is one JSON array. */
  readonly jsonArray: boolean;
  /** Bytes of UTF-8 text up to the first data row (byte order mark, `sep=` line, skipped lines, header), and its physical lines. */
  readonly headerBytes: number;
  readonly headerLines: number;
  /** The header's cells as they stand in the file; empty for NDJSON. */
  readonly header: readonly string[];
}

/** A text between items, and how items are written that hold it (mapping/values/lists.ts). */
export interface ListSplit {
  readonly at: string;
  readonly as: 'csv' | 'backslash' | 'postgres';
}

/** What is done to a column's values before they have a type: with the keys of the mapping file, and in its order (mapping/values/steps.ts). */
export interface ColumnSteps {
  readonly unescape?: 'postgres';
  readonly null_values?: readonly string[];
  readonly trim?: true;
  readonly strip_prefix?: string;
  readonly values?: Readonly<Record<string, string | number | boolean | null>>;
  readonly not?: true;
  readonly split?: string | ListSplit;
  /** Names of columns. */
  readonly join?: readonly string[];
  /** Names of columns. */
  readonly first_of?: readonly string[];
  readonly separator?: string;
  /** Texts of other columns, by their names: rows that have one of them there have nothing here. */
  readonly unless?: Readonly<Record<string, readonly string[]>>;
  readonly default?: string | number | boolean;
  readonly too_long?: 'cut' | 'omit';
  readonly hash?: 'sha256';
}

/** What a column becomes. */
export interface ColumnPlan {
  /** 0-based index in the header; for NDJSON the name alone counts. */
  readonly index: number;
  readonly name: string;
  readonly role:
    | 'id'
    | 'email'
    | 'cio_id'
    | 'anonymous_id'
    | 'event'
    | 'timestamp'
    | 'event_id'
    | 'device_token'
    | 'device_platform'
    | 'object_type_id'
    | 'object_id'
    | 'attribute'
    | 'drop';
  /** Path of the attribute in the payload: `['address', 'city']`. */
  readonly path: readonly string[];
  readonly type: ColumnType;
  /** A value that is not of this type makes its row invalid (a demanded type) instead of staying text (an inferred one). */
  readonly strict: boolean;
  readonly empty: EmptyPolicy;
  /** For times only. */
  readonly format: TimeFormats;
  /** Overrides the plan's zone for this column; null = it does not. */
  readonly timezone: string | null;
  /** Absent where nothing is done. */
  readonly steps?: ColumnSteps;
}

/** Fields of NDJSON whose own fields become columns (`properties.plan`), in this order: `pairs` is a list of keys and values. */
export type Lift = Readonly<Record<string, 'fields' | 'pairs'>>;

/** Rows are left out by a text of a column; one that ends in `*` stands for all that begin so. */
export interface SkipRule extends Pick<ColumnPlan, 'index' | 'name'> {
  readonly texts: readonly string[];
}

/** What becomes of fields that no row of the sample had: the name is a pattern (mapping/values/name-patterns.ts), and so is the path. */
export interface PatternPlan extends ColumnPlan {
  readonly isSnake?: true;
}

export interface Plan {
  readonly kind: Kind;
  readonly action: Action;
  readonly columns: readonly ColumnPlan[];
  /** Constant attributes (`--set`, mapping file). */
  readonly constants: Readonly<Record<string, unknown>>;
  /** Event name for all rows (`--event-name`), when no column holds it. */
  readonly eventName: string | null;
  /** Time zone for times without an offset; null = such times are errors. */
  readonly timezone: string | null;
  /** Columns that make an event the same event (`--dedupe-key`); null = see docs/adr/007-event-ids-from-content.md. */
  readonly dedupeKey: readonly string[] | null;
  /** Texts that mean an empty cell (`--null`), in any case. Absent = nothing was said; none = the usual markers are names. */
  readonly nulls?: readonly string[];
  /** The first lines had some as Segment writes them: a line with an unknown type is one of them, and no flat row. */
  readonly hasTypedLines?: boolean;
  /** The object type that groups of Segment-like lines are of (`--group-object-type`); without one they are attributes of the person. */
  readonly groupObjectType?: string;
  /** Options for rows of NDJSON without columns known in advance. */
  readonly emptyDefault: EmptyPolicy;
  readonly typesDefault: 'auto' | 'string';
  /** NDJSON alone. Absent where nothing is lifted. */
  readonly lift?: Lift;
  /** Absent where no row is left out by its values. */
  readonly skipRows?: readonly SkipRule[];
  /** NDJSON alone. Absent where the mapping has none. */
  readonly patterns?: readonly PatternPlan[];
  /** What becomes of NDJSON fields that no column names: attributes, or nothing (`keep_only`). */
  readonly extra: 'attribute' | 'drop';
  /** `--api v1`: every operation is a request of its own. */
  readonly api: 'v2' | 'v1';
  /** Largest operation that may travel in a batch, in bytes. */
  readonly itemBytesMax: number;
}

/** What identity and dedupe hang on, fixed for the whole run. */
export interface RunIdentity {
  /** Site id: scopes event ids to the workspace. */
  readonly target: string;
  /** `--dataset`, default the file's base name. */
  readonly dataset: string;
  /** Milliseconds since 1970, the time of events that have none; stored when the run starts. */
  readonly clockMs: number;
}

/** `only`: of a source that was sent without its recent events, send these. */
export type RecentPolicy = 'allow' | 'skip' | 'guard' | 'only';

export interface Recent {
  readonly policy: RecentPolicy;
  /** Unix seconds: events after this, or without a time, are recent. */
  readonly sinceSeconds: number;
  /** `skip`: rows that may have been sent before, and are not left out. `only`: rows that have an end already, and are. */
  readonly exceptRows?: RowRanges;
}

/** Everything that a reading thread needs to turn a source into chunks. */
export interface PrepareSpec {
  readonly layout: SourceLayout;
  readonly plan: Plan;
  readonly identity: RunIdentity;
  /** Where to start; null = at the first row. The bytes before it are verified against its hash. */
  readonly from: Position | null;
  /** The earliest time of an update (unix seconds); null = updates carry no time of ours. */
  readonly timesFrom: number | null;
  /** How far this machine's clock is ahead of the service's, in milliseconds. */
  readonly clockAheadMs?: number;
  /** Rows to leave out at the front (`--skip`). */
  readonly skipRows: number;
  readonly recent: Recent;
  /** Read on while the file grows (a spool that is still being written); ends when `<path>.done` exists. */
  readonly follow: boolean;
}
