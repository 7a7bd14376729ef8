/** What the user may say about a mapping: in flags, and in a mapping file; and what comes of it. */
import type { Action, ColumnSteps, ColumnType, EmptyPolicy, Kind, Plan, TimeFormat } from '../../domain/plan.ts';
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

/** A mapping file, checked. Column entries of null say "there is none", so that none is looked for. */
export interface MappingFile {
  readonly path: string;
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
  readonly types?: 'auto' | 'string';
  readonly empty?: EmptyPolicy;
  readonly nulls?: readonly string[];
  readonly drop: readonly string[];
  readonly keepOnly?: readonly string[];
  readonly columns: ReadonlyMap<string, MappingColumn>;
  readonly constants: Readonly<Record<string, unknown>>;
}

export interface MappingColumn {
  readonly to?: readonly string[];
  readonly type?: ColumnType;
  /** What a value of another type becomes; default `invalid`. */
  readonly mismatch?: 'text' | 'invalid';
  readonly empty?: EmptyPolicy;
  readonly format?: TimeFormat;
  readonly timezone?: string;
  readonly steps?: ColumnSteps;
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
  readonly table: readonly PlanTableRow[];
  /** What the lines of the sample are, where they say it themselves (NDJSON). */
  readonly lines: readonly LineCount[];
  readonly warnings: readonly string[];
  /** Identity conflicts among the rows of the sample. */
  readonly identityWarnings: readonly string[];
}
