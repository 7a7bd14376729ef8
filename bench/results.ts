/** What a run of the benchmark found, as it is written with --json. */

/** One program from its start to its end. */
export interface ProgramFigures {
  readonly file: string;
  readonly rows: number;
  /** From the start of the process to its end. */
  readonly wallSeconds: number;
  /** From the first byte of the first write to the last byte of the last, at the sink; null where nothing is sent. */
  readonly sendingSeconds: number | null;
  /** User and system, all threads. */
  readonly cpuSeconds: number;
  readonly peakRssBytes: number;
  /** Of the journal's folder after the end; null where there is none. */
  readonly journalBytes: number | null;
  readonly requests: number;
  readonly bodyBytes: number;
}

export interface ProgramResult extends ProgramFigures {
  readonly measurement: string;
  readonly program: string;
}

export type Unit = 'rows/s' | 's' | 'ms' | 'MB' | 'B' | '%' | 'x' | 'us/row';

/** A number next to what it is held against: a target (of the design) or a yardstick measured in the same run. */
export interface Finding {
  readonly measurement: string;
  readonly name: string;
  readonly value: number;
  readonly unit: Unit;
  readonly better: 'higher' | 'lower';
  readonly against: { readonly what: string; readonly value: number } | null;
  /** Value over what it is held against; null without. */
  readonly ratio: number | null;
  /** Null where nothing is promised. */
  readonly isReached: boolean | null;
}

export interface Results {
  readonly machine: { readonly cores: number; readonly node: string };
  readonly options: {
    readonly rows: number;
    readonly largeRows: number;
    readonly repeat: number;
    readonly only: readonly string[];
  };
  readonly programs: readonly ProgramResult[];
  readonly findings: readonly Finding[];
}

/** Collects while measurements run. */
export interface Collector {
  program(measurement: string, program: string, figures: ProgramFigures): ProgramFigures;
  finding(
    measurement: string,
    name: string,
    value: number,
    unit: Unit,
    better: Finding['better'],
    against?: { what: string; value: number; isTarget?: boolean },
  ): void;
}

export function createCollector(): Collector & { readonly programs: ProgramResult[]; readonly findings: Finding[] } {
  const programs: ProgramResult[] = [];
  const findings: Finding[] = [];
  return {
    programs,
    findings,
    program(measurement, program, figures) {
      programs.push({ measurement, program, ...figures });
      return figures;
    },
    finding(measurement, name, value, unit, better, against) {
      const ratio = against ? value / against.value : null;
      const isReached =
        against && against.isTarget !== false && ratio !== null
          ? better === 'higher'
            ? ratio >= 1
            : ratio <= 1
          : null;
      findings.push({
        measurement,
        name,
        value,
        unit,
        better,
        against: against ? { what: against.what, value: against.value } : null,
        ratio,
        isReached,
      });
    },
  };
}

/** While sending, where something is sent. */
export function rowsPerSecond({ rows, sendingSeconds, wallSeconds }: ProgramFigures): number {
  return rows / (sendingSeconds ?? wallSeconds);
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? NaN)) / 2;
}

/** The run in the middle of several: its figures belong together, which a median of each would not. */
export async function middleOf(
  repeat: number,
  run: () => Promise<ProgramFigures>,
  by = (figures: ProgramFigures): number => figures.wallSeconds,
): Promise<ProgramFigures> {
  const runs: ProgramFigures[] = [];
  for (let i = 0; i < repeat; i++) runs.push(await run());
  runs.sort((a, b) => by(a) - by(b));
  const middle = runs[Math.floor((runs.length - 1) / 2)];
  if (!middle) throw new Error('no runs');
  return middle;
}
