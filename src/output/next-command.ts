import { EXIT, type CioBulkError } from '../domain/errors.ts';
import type { Host } from '../domain/host.ts';
import { errorCode } from '../domain/text/error-code.ts';
import { shellWord } from '../domain/text/numbers.ts';

/** What to type next. */

/** Flags that the next command needs in order to look at the same journal, or to send to the same workspace. */
const LOOKING = ['--journal'];
const SENDING = ['--journal', '--env-file', '--budget', '--budget-share', '--budget-fallback'];
const SENDING_SWITCHES = ['--sandbox', '--no-preflight'];

/** A command line as it can be typed. */
export function commandLine(words: readonly string[]): string {
  return ['cio-bulk', ...words.map(shellWord)].join(' ');
}

/** The command line that goes on from here. What applies only once is left out when it has been done: `--restart` once the run began anew. */
export function sameCommand({ argv }: Pick<Host, 'argv'>, { hasBegun = false } = {}): string {
  return commandLine(hasBegun ? argv.filter((word) => word !== '--restart') : argv);
}

/** Faults that end by themselves, or that are mended elsewhere: credentials, the network, the workspace, another process. */
const EXITS_TO_RETRY: ReadonlySet<number> = new Set([EXIT.credentials, EXIT.unreachable]);
const CODES_TO_RETRY: ReadonlySet<string> = new Set([
  'forbidden',
  'wrong_region',
  'wrong_workspace',
  'redirected',
  'journal_locked',
  'journal_unwritable',
  'cleanup_unverified',
]);

/** Whether the same command can succeed later, with no other flag and no other file. */
export function canContinue(error: CioBulkError): boolean {
  if (isPlaceFault(error)) return false;
  return EXITS_TO_RETRY.has(error.exitCode) || CODES_TO_RETRY.has(error.code);
}

/** The journal cannot be kept in this place: without another one, the same command fails again. */
function isPlaceFault({ code, cause }: CioBulkError): boolean {
  if (code !== 'journal_unwritable') return false;
  return cause === undefined || !/^(SQLITE_(FULL|IOERR)|ENOSPC|EDQUOT|EIO)/.test(errorCode(cause) ?? '');
}

/** Sends the recent events that were left out by the run that `argv` began. */
export function allowedCommand(argv: readonly string[]): string {
  return commandLine([
    ...argv.filter((word) => !['--skip-recent', '--restart', '--allow-triggers'].includes(word)),
    '--allow-triggers',
  ]);
}

/** The same command after --max-errors stopped it, with twice as many errors allowed as there are: with the old limit it would stop at once. */
export function withHigherMaxErrors(
  argv: readonly string[],
  { settled, undelivered }: { readonly settled: number; readonly undelivered: number },
): string[] {
  const higher = (given: string): string =>
    given.endsWith('%')
      ? `${Math.min(100, Math.ceil((200 * undelivered) / Math.max(1, settled)))}%`
      : String(2 * undelivered);
  return argv.map((word, at) => {
    if (argv[at - 1] === '--max-errors') return higher(word);
    return word.startsWith('--max-errors=') ? `--max-errors=${higher(word)}` : word;
  });
}

/** Writes the undelivered rows of a run, with the flags of the current command. */
export function failuresCommand(run: number, argv: readonly string[], output?: string): string {
  return commandLine([
    'failures',
    '--run',
    String(run),
    ...(output === undefined ? [] : ['-o', output]),
    ...flagsOf(argv, LOOKING, []),
  ]);
}

/** Sends the undelivered rows of a run to the workspace that `argv` sends to. */
export function retryCommand(
  run: number,
  argv: readonly string[],
  { from, allowTriggers = false }: { readonly from?: string; readonly allowTriggers?: boolean } = {},
): string {
  const allowed = allowTriggers || argv.includes('--allow-triggers') ? ['--allow-triggers'] : [];
  return commandLine([
    'retry-failed',
    '--run',
    String(run),
    ...(from === undefined ? [] : ['--from', from]),
    ...flagsOf(argv, SENDING, SENDING_SWITCHES),
    ...allowed,
  ]);
}

/** Deletes the test people of a load test, in the workspace that the load test of `argv` was sent to. */
export function cleanupCommand(loadtest: string, argv: readonly string[]): string {
  return commandLine(['cleanup', '--run', loadtest, ...flagsOf(argv, [...SENDING, '--confirm'], ['--sandbox'])]);
}

/** Those of these flags that were given, with their values. */
function flagsOf(argv: readonly string[], withValue: readonly string[], switches: readonly string[]): string[] {
  const found: string[] = [];
  for (const name of withValue) {
    const at = argv.lastIndexOf(name);
    const joined = argv.findLast((word) => word.startsWith(`${name}=`));
    const value = at >= 0 ? argv[at + 1] : joined?.slice(name.length + 1);
    if (value !== undefined) found.push(name, value);
  }
  return [...found, ...switches.filter((name) => argv.includes(name))];
}

/** The same words, but with the journal that the current command was given. */
export function withJournalOf(argv: readonly string[], looking: readonly string[]): string[] {
  const others = argv.filter(
    (word, at) => word !== '--journal' && argv[at - 1] !== '--journal' && !word.startsWith('--journal='),
  );
  return [...others, ...flagsOf(looking, LOOKING, [])];
}
