/** What a mapping cannot know and somebody has to say: the zone of local times, who has unsubscribed, what groups are. */
import { CioBulkError } from '../../domain/errors.ts';
import type { Plan } from '../../domain/plan.ts';
import type { LineCount } from './line-counts.ts';
import type { MappingFile, Wish } from './plan-options.ts';

interface WishRule {
  /** Whether the plan has what is wished for, or the sample (what its lines are) nothing that it is wished for. */
  isMet(plan: Plan, lines: readonly LineCount[]): boolean;
  readonly hint: string;
}

const RULES: Readonly<Record<Wish, WishRule>> = {
  timezone: {
    isMet: ({ timezone }) => timezone !== null,
    hint: 'say it with --timezone, for example --timezone Europe/Vienna',
  },
  unsubscribed: {
    isMet: ({ columns, constants }) =>
      'unsubscribed' in constants ||
      columns.some(({ role, path }) => role === 'attribute' && path.length === 1 && path[0] === 'unsubscribed'),
    hint: 'say it with --set unsubscribed=true or --set unsubscribed=false',
  },
  group_object_type: {
    isMet: ({ groupObjectType }, lines) => groupObjectType !== undefined || !lines.some(({ type }) => type === 'group'),
    hint: 'say it with --group-object-type <id>',
  },
};

/** Warnings about what is wished for and not there. @throws CioBulkError `mapping` about what is required */
export function wishesOf(plan: Plan, map: MappingFile | null, lines: readonly LineCount[]): readonly string[] {
  // Where people are deleted or suppressed, only their identifiers are sent.
  if (map === null || plan.action !== 'identify') return [];
  const unmet = (wishes: ReadonlyMap<Wish, string>) => [...wishes].filter(([wish]) => !RULES[wish].isMet(plan, lines));
  for (const [wish, why] of unmet(map.requires))
    throw new CioBulkError('mapping', `${map.path}: ${why}`, { hint: RULES[wish].hint });
  return unmet(map.wants).map(([wish, why]) => `${why}: ${RULES[wish].hint}`);
}
