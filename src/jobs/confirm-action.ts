import { CioBulkError } from '../domain/errors.ts';
import type { Host } from '../domain/host.ts';
import { createEstimate } from '../output/estimate.ts';
import { plural } from '../domain/text/numbers.ts';
import { safeLine } from '../domain/text/safe-text.ts';
import { askForWord, canAsk } from '../output/ask.ts';
import type { OpenSource } from '../reading/open-source.ts';
import { startReading } from '../reading/start-reading.ts';
import type { SourceOptions } from '../reading/options.ts';

/** What cannot be undone, as the end of a sentence about people. */
const FINAL: Readonly<Record<string, string>> = {
  delete: 'deletes them with their history',
  suppress: 'deletes them and blocks their identifiers for good',
};

/** Up to here, the count of an estimate is exact. */
const EXACT_MAX = 5_000;

/** Without a terminal to ask on, the command needs --yes. Checked before anything is read. */
export function assertConfirmable(action: string, isConfirmed: boolean, host: Host): void {
  const effect = FINAL[action];
  if (effect === undefined || isConfirmed || canAsk(host)) return;
  throw new CioBulkError('confirmation_needed', `--action ${action} is about people and ${effect}: it needs --yes`, {
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
  const { action } = source.planned.plan;
  const effect = FINAL[action];
  if (effect === undefined || isConfirmed) return;
  assertConfirmable(action, isConfirmed, host);
  const count = source.follow ? undefined : await countPeople(source, options, host);
  const people =
    count === undefined
      ? 'everybody in'
      : `${count > EXACT_MAX ? 'about ' : ''}${plural(count, 'person', 'people')} of`;
  const question = `--action ${action} reaches ${people} ${safeLine(source.source)} and ${effect}.`;
  if (!(await askForWord(host, question, action)))
    throw new CioBulkError('confirmation_needed', `--action ${action} was not confirmed: nothing was sent`);
}

/** Reads the whole source as an import would, and sends nothing. */
async function countPeople(source: OpenSource, { skip, limit }: SourceOptions, host: Host): Promise<number> {
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
