import { count, plural } from '../domain/text/numbers.ts';
import { safeLine } from '../domain/text/safe-text.ts';

/** Examples shown of every problem. */
const EXAMPLES = 3;

/** Rows that cannot be sent, counted by code, with the first few of each. */
export interface Problems {
  /** Whether the next row of this code would be shown: only then its place is worth finding. */
  wants(code: string): boolean;
  /** `example` is asked for when the row is shown: place and sentence, without a value of the row. */
  add(code: string, example: () => string): void;
  total(): number;
  counts(): Readonly<Record<string, number>>;
  /** The most frequent first. */
  text(): string;
}

export function createProblems(): Problems {
  const byCode = new Map<string, { rows: number; examples: string[] }>();
  const sorted = (): [string, { rows: number; examples: string[] }][] =>
    [...byCode].sort(([a, one], [b, other]) => other.rows - one.rows || (a < b ? -1 : 1));
  return {
    wants: (code) => (byCode.get(code)?.examples.length ?? 0) < EXAMPLES,
    add(code, example) {
      const problem = byCode.get(code) ?? { rows: 0, examples: [] };
      byCode.set(code, problem);
      problem.rows++;
      if (problem.examples.length < EXAMPLES) problem.examples.push(example());
    },
    total: () => [...byCode.values()].reduce((sum, { rows }) => sum + rows, 0),
    counts: () => Object.fromEntries(sorted().map(([code, { rows }]) => [code, rows])),
    text: () =>
      sorted()
        .flatMap(([code, { rows, examples }]) => [
          `  ${code}: ${plural(rows, 'row')}`,
          ...examples.map((example) => `    ${safeLine(example)}`),
          ...(rows > examples.length ? [`    and ${count(rows - examples.length)} more`] : []),
        ])
        .join('\n'),
  };
}
