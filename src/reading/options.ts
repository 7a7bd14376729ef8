import type { Encoding, Format } from '../domain/plan.ts';
import type { TableOptions } from '../input/detect/table-start.ts';
import type { PlanOptions } from '../mapping/plan/plan-options.ts';

/** How files are read and what their rows become: the same for import and validate. */
export interface SourceOptions {
  readonly format: 'auto' | Format;
  readonly table: TableOptions;
  readonly encoding: Encoding;
  readonly plan: PlanOptions;
  /** How the source is written, as far as it was said: with the keys of a mapping file. */
  readonly file: Readonly<Record<string, string>>;
  readonly skip: number;
  readonly limit: number | null;
  readonly dataset: string | undefined;
  readonly skipRecent: boolean;
  /** All that decides what rows mean, for the fingerprint of a run. */
  readonly meaning: Readonly<Record<string, unknown>>;
}
