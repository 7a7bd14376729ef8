import type { ColumnPlan, Plan } from '../../domain/plan.ts';
import { createNamePatterns, createPlaces, isIdentifierPlace, placeOf } from '../values/name-patterns.ts';

/** Columns that are remembered: a file may have as many field names as rows. */
const NAMES_MAX = 10_000;

/** What becomes of a field that no row of the sample had, by the patterns of the mapping; undefined when none fits. null: there are none. */
export function createLaterColumns({
  patterns,
  columns,
  kind,
}: Pick<Plan, 'patterns' | 'columns' | 'kind'>): ((name: string) => ColumnPlan | undefined) | null {
  if (patterns === undefined) return null;
  const byPattern = new Map(patterns.map((pattern) => [pattern.name, pattern]));
  const best = createNamePatterns([...byPattern.keys()]);
  const places = createPlaces();
  for (const { role, path } of columns) if (role === 'attribute') places.add(path);
  const isTaken = (path: readonly string[]): boolean => places.isTaken(path) || isIdentifierPlace(kind, path);
  const known = new Map<string, ColumnPlan | undefined>();

  const find = (name: string): ColumnPlan | undefined => {
    const match = best(name);
    const pattern = byPattern.get(match?.pattern ?? '');
    if (match === null || pattern === undefined) return undefined;
    if (pattern.role === 'drop') return { ...pattern, name };
    return {
      ...pattern,
      name,
      path: placeOf({ to: pattern.path, isSnake: pattern.isSnake === true }, name, match.captured, isTaken),
    };
  };

  return (name) => {
    const before = known.get(name);
    if (before !== undefined || known.has(name)) return before;
    const column = find(name);
    if (known.size < NAMES_MAX) known.set(name, column);
    return column;
  };
}
