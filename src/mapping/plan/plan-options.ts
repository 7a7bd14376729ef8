/** What the user may say about a mapping: in flags, and in a mapping file; and what comes of it. */
import type { Action, ColumnSteps, ColumnType, EmptyPolicy, Kind, Lift, Plan, TimeFormats } from '../../domain/plan.ts';
import type { LineCount } from './line-counts.ts';

export interface PlanOptions {
  readonly kind?: Kind | 'auto';
  readonly action?: Action;
  readonly idColumn?: string;
  readonly emailColumn?: string;
  readonly cioIdColumn?: string;
  readonly anonymousIdColumn?: string;
  readonly deviceTokenColumn?: string;
  readonly devicePlatformColumn?: string;
  readonly objectTypeIdColumn?: string;
  readonly objectIdColumn?: string;
  readonly eventColumn?: string;
  readonly eventName?: string;
  readonly timestampColumn?: string;
  readonly map?: MappingFile | null;
  /** `key=value`; a dotted key nests. */
  readonly set?: readonly string[];
  /** `auto`, `string`, or `column:type,column:type`. */
  readonly types?: string;
  readonly empty?: EmptyPolicy;
  /** Texts that mean an empty cell. */
  readonly nulls?: readonly string[];
  readonly timezone?: string;
  readonly dedupeKey?: readonly string[];
  readonly groupObjectType?: string;
  readonly api?: 'v2' | 'v1';
  readonly itemBytesMax?: number;
}

/** The keys of a mapping file that name the column of a role, and their names here. */
export const ROLE_KEYS = {
  id_column: 'idColumn',
  email_column: 'emailColumn',
  cio_id_column: 'cioIdColumn',
  anonymous_id_column: 'anonymousIdColumn',
  device_token_column: 'deviceTokenColumn',
  device_platform_column: 'devicePlatformColumn',
  object_type_id_column: 'objectTypeIdColumn',
  object_id_column: 'objectIdColumn',
  event_column: 'eventColumn',
  timestamp_column: 'timestampColumn',
  event_id_column: 'eventIdColumn',
} as const;

export type RoleKey = (typeof ROLE_KEYS)[keyof typeof ROLE_KEYS];

/** What may have to be said beside a mapping, since the file cannot know it. */
export type Wish = 'timezone' | 'unsubscribed' | 'group_object_type';

/** A mapping file, checked. Column entries of null say "there is none", so that none is looked for. */
export interface MappingFile {
  /** As shown to people: the path of a file, or `preset <name>`. */
  readonly path: string;
  /** A place in the file, for faults that are found later: `map.json:3:5: /columns/zip`. */
  where(pointer: string): string;
  /** What the file is for. */
  readonly title?: string;
  /** Columns, or fields by dotted path, by which a source is known to be of the kind that the file is for. */
  readonly recognisedBy?: readonly string[];
  /** How a table is written and what the source is, with the names and values of the flags. */
  readonly file: Readonly<Record<string, string>>;
  /** Roles with several columns to choose from: the first that the source has; null = then there is none. */
  readonly choices: ReadonlyMap<RoleKey, readonly (string | null)[]>;
  /** Columns that the source may lack. */
  readonly missing: 'error' | 'ignore';
  readonly lift: Lift;
  /** Texts of columns by which rows are left out. */
  readonly skipRows: ReadonlyMap<string, readonly string[]>;
  /** Without which nothing is sent, and why. */
  readonly requires: ReadonlyMap<Wish, string>;
  /** Whose absence is warned about, and how. */
  readonly wants: ReadonlyMap<Wish, string>;
  /** Once the mapping is settled: for fields that may turn up in later rows of NDJSON; null = left out. */
  readonly patterns?: ReadonlyMap<string, MappingColumn | null>;
  /** Once the mapping is settled: columns that a pattern leaves out. Those with a usual name have their role all the same. */
  readonly leftOver?: readonly string[];
  readonly kind?: Kind;
  readonly action?: Action;
  readonly idColumn?: string | null;
  readonly emailColumn?: string | null;
  readonly cioIdColumn?: string | null;
  readonly anonymousIdColumn?: string | null;
  readonly deviceTokenColumn?: string | null;
  readonly devicePlatformColumn?: string | null;
  readonly objectTypeIdColumn?: string | null;
  readonly objectIdColumn?: string | null;
  readonly eventColumn?: string | null;
  readonly eventName?: string;
  readonly timestampColumn?: string | null;
  readonly eventIdColumn?: string | null;
  readonly dedupeKey?: readonly string[];
  readonly timezone?: string;
  /** `nested`: `auto`, and columns may hold JSON. */
  readonly types?: 'auto' | 'string' | 'nested';
  readonly empty?: EmptyPolicy;
  readonly nulls?: readonly string[];
  readonly drop: readonly string[];
  readonly keepOnly?: readonly string[];
  readonly columns: ReadonlyMap<string, MappingColumn>;
  readonly constants: Readonly<Record<string, unknown>>;
}

export interface MappingColumn {
  /** Of the entry in the file. */
  readonly pointer: string;
  readonly to?: readonly string[];
  /** What a pattern's `*` stands for is written in snake case. */
  readonly nameCase?: 'snake';
  readonly type?: ColumnType;
  /** What a value of another type becomes; default `invalid`. */
  readonly mismatch?: 'text' | 'invalid';
  readonly empty?: EmptyPolicy;
  readonly format?: TimeFormats;
  readonly timezone?: string;
  readonly steps?: ColumnSteps;
  /** Said of all columns that a pattern fits, and not of this one. */
  readonly isByPattern?: true;
}

/** A line of the table that shows what a file's columns become. */
export interface PlanTableRow {
  readonly column: string;
  readonly becomes: string;
  readonly type: string;
  /** Safe to show on a terminal. */
  readonly sample: string;
  readonly warnings: readonly string[];
}

export interface PlanResult {
  readonly plan: Plan;
  /** The mapping file as it was settled for the source. */
  readonly map: MappingFile | null;
  readonly table: readonly PlanTableRow[];
  /** What the lines of the sample are, where they say it themselves (NDJSON). */
  readonly lines: readonly LineCount[];
  readonly warnings: readonly string[];
  /** Identity conflicts among the rows of the sample. */
  readonly identityWarnings: readonly string[];
}
