import type { Kind } from '../domain/plan.ts';
import { plural } from '../domain/text/numbers.ts';

/** How many the rows of a file are about: people, unless they are objects without any. */
export function subjects(kind: Kind, count: number): string {
  return kind === 'objects' ? plural(count, 'object') : plural(count, 'person', 'people');
}
