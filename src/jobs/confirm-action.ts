import { CioBulkError } from '../domain/errors.ts';
import type { Host } from '../domain/host.ts';
import type { Action, Kind } from '../domain/plan.ts';
import { createEstimate } from '../output/estimate.ts';
import { safeLine } from '../domain/text/safe-text.ts';
import { askForWord, canAsk } from '../output/ask.ts';
import type { OpenSource } from '../reading/open-source.ts';
import { startReading } from '../reading/start-reading.ts';
import type { SourceOptions } from '../reading/options.ts';
import { subjects } from './subjects.ts';

type Effects = Partial<Readonly<Record<Kind, string>>>;

/** What cannot be undone, as the end of a sentence about what the rows are. */
const FINAL: Partial<Readonly<Record<Action, Effects>>> = {
  delete: {
    people: 'deletes them with their history',
    devices: 'removes them',
    objects: 'deletes them with all their relationships',
    relationships: 'removes them',
  },
  suppress: { people: 'deletes them and blocks their identifiers for good' },
};

/** Up to here, the count of an estimate is exact. */
const EXACT_MAX = 5_000;

/** Without a terminal to ask on, the command needs --yes. Checked before anything is read. */
export function assertConfirmable(action: Action, isConfirmed: boolean, host: Host): void {
  if (FINAL[action] === undefined || isConfirmed || canAsk(host)) return;
  throw new CioBulkError('confirmation_needed', `--action ${action} cannot be undone: it needs --yes`, {
    hint: 'try it first with --dry-run',
  });
}

/** On a terminal: after the plan, shows the number of people and asks for the exact word. */
export async function confirmAction(
  source: OpenSource,
  options: SourceOptions,
  isConfirmed: boolean,
  host: Host,
): Promise<void> {
  const { action, kind } = source.planned.plan;
  const effect = FINAL[action]?.[kind];
  if (effect === undefined || isConfirmed) return;
  assertConfirmable(action, isConfirmed, host);
  const count = source.follow ? undefined : await countSubjects(source, options, host);
  const whose = kind === 'devices' || kind === 'relationships' ? `${kind} of ` : '';
  const whom =
    count === undefined
      ? `${kind === 'objects' ? 'every object' : 'everybody'} in`
      : `${count > EXACT_MAX ? 'about ' : ''}${subjects(kind, count)} of`;
  const question = `--action ${action} reaches ${whose}${whom} ${safeLine(source.source)} and ${effect}.`;
  if (!(await askForWord(host, question, action)))
    throw new CioBulkError('confirmation_needed', `--action ${action} was not confirmed: nothing was sent`);
}

/** Reads the whole source as an import would, and sends nothing. */
async function countSubjects(source: OpenSource, { skip, limit }: SourceOptions, host: Host): Promise<number> {
  const reading = startReading(
    {
      layout: source.layout,
      plan: source.planned.plan,
      identity: { target: '', dataset: source.name, clockMs: 0 },
      timesFrom: null,
      from: null,
      skipRows: skip,
      recent: { policy: 'allow', sinceSeconds: 0 },
      follow: false,
      name: source.name,
      rowsMax: limit === null ? null : limit + skip,
    },
    host.stopping,
  );
  const estimate = createEstimate({ batchRowsMax: 1, batchBytesMax: 1, rate: 0, rowsPerSecond: 0 });
  for await (const chunk of reading) {
    estimate.add(chunk.operations);
    reading.giveBack(chunk);
  }
  return estimate.estimate(0).people;
}
