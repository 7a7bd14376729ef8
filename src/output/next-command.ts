import { shellWord } from '../domain/text/numbers.ts';

/** Flags without which a command that follows would look at another journal, or could not send to where this one does. */
const LOOKING = ['--journal'];
const SENDING = ['--journal', '--env-file'];
const SENDING_SWITCHES = ['--sandbox', '--no-preflight'];

/** A command line as it can be typed. */
export function commandLine(words: readonly string[]): string {
  return ['cio-bulk', ...words.map(shellWord)].join(' ');
}

/** Sends the recent events that the run which `argv` began has left out. */
export function allowedCommand(argv: readonly string[]): string {
  return commandLine([...argv.filter((word) => word !== '--skip-recent' && word !== '--restart'), '--allow-triggers']);
}

/** The same command after --max-errors has stopped it: with the old limit it would stop at once. Twice of what there is leaves a guard. */
export function withHigherMaxErrors(argv: readonly string[], undelivered: number, settled: number): string[] {
  const higher = (given: string): string => (given.endsWith('%') ? `${Math.min(100, Math.ceil((200 * undelivered) / Math.max(1, settled)))}%` : String(2 * undelivered));
  return argv.map((word, at) => {
    if (argv[at - 1] === '--max-errors') return higher(word);
    return word.startsWith('--max-errors=') ? `--max-errors=${higher(word)}` : word;
  });
}

/** Writes undelivered rows of a run, with the flags of the command that is at work. */
export function failuresCommand(run: number, argv: readonly string[], output?: string): string {
  return commandLine(['failures', '--run', String(run), ...(output === undefined ? [] : ['-o', output]), ...flagsOf(argv, LOOKING, [])]);
}

/** Sends undelivered rows of a run, to where `argv` sends. */
export function retryCommand(run: number, argv: readonly string[], { from, allowTriggers = false }: { readonly from?: string; readonly allowTriggers?: boolean } = {}): string {
  const allowed = allowTriggers || argv.includes('--allow-triggers') ? ['--allow-triggers'] : [];
  return commandLine(['retry-failed', '--run', String(run), ...(from === undefined ? [] : ['--from', from]), ...flagsOf(argv, SENDING, SENDING_SWITCHES), ...allowed]);
}

/** The flags among these that were given, with their values. */
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

/** The same flags, but for the journal, which is the one that the command at work has been given. */
export function withJournalOf(argv: readonly string[], looking: readonly string[]): string[] {
  const others = argv.filter((word, at) => word !== '--journal' && argv[at - 1] !== '--journal' && !word.startsWith('--journal='));
  return [...others, ...flagsOf(looking, LOOKING, [])];
}
