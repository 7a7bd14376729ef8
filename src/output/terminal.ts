import { Chalk, supportsColorStderr, supportsColor } from 'chalk';
import type { Host, OutputStream } from '../domain/host.ts';
import { jsonLine, safeLine, safeText } from '../domain/text/safe-text.ts';
import { createStatusLine } from './status-line.ts';

export interface OutputOptions {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
  readonly color: boolean;
}

export type Style = 'bold' | 'dim' | 'yellow';
type JsonObject = Readonly<Record<string, unknown>> & { readonly type: string };

/** Where words go: stdout is data, stderr is talk. Every text is masked here; no control of a name or a cell gets through. */
export interface Terminal {
  readonly options: OutputOptions;
  /** Data for people, on stdout; nothing with --json. */
  data(text: string, style?: Style): void;
  /** One object on a line of stdout, with --json. Progress is left out while nobody reads. */
  json(object: JsonObject): void;
  /** Talk on stderr; --quiet silences it. */
  say(text: string): void;
  /** Like `say`, with --verbose only. */
  detail(text: string): void;
  warn(text: string): void;
  /** What must be read even with --quiet: errors, and the command that continues. */
  insist(text: string): void;
  /** How far it is: a line in place on a terminal, a line of talk elsewhere, which is left out while nobody reads. */
  progress(text: string): void;
  /** Takes the line in place off the screen. */
  endProgress(): void;
  /** The command that continues. It is kept back until `showNext`, because it must be the last line whatever else is said. */
  next(command: string): void;
  showNext(): void;
  /** stderr is a terminal that can change a line in place. */
  readonly isInteractive: boolean;
}

/** What may wait for a reader before progress is left out, and before rows that did not arrive are. */
const PROGRESS_BACKLOG_BYTES = 64 * 1024;
const ROWS_BACKLOG_BYTES = 16 * 1024 * 1024;

export function createTerminal(
  { stdout, stderr, env }: Pick<Host, 'stdout' | 'stderr' | 'env'>,
  options: OutputOptions,
): Terminal {
  const wantsColor = options.color && (env['NO_COLOR'] ?? '') === '';
  const paint = new Chalk({ level: wantsColor && supportsColorStderr ? supportsColorStderr.level : 0 });
  const paintData = new Chalk({ level: wantsColor && supportsColor ? supportsColor.level : 0 });
  const isInteractive = stderr.isTTY === true && env['TERM'] !== 'dumb' && !options.quiet && !options.json;
  const status = createStatusLine(stderr);
  let commands: string[] = [];
  let rowsLeftOut = 0;

  const write = (stream: OutputStream, text: string): void => status.above(() => void stream.write(`${text}\n`));
  const err = (text: string): void => write(stderr, safeText(text));

  /** Memory must not grow with a reader who has stopped reading. */
  function hasRoom({ type }: JsonObject): boolean {
    if (type === 'progress') return stdout.writableLength <= PROGRESS_BACKLOG_BYTES;
    if (type !== 'undelivered' || stdout.writableLength <= ROWS_BACKLOG_BYTES) return true;
    rowsLeftOut++;
    return false;
  }

  return {
    options,
    data(text, style) {
      if (!options.json) write(stdout, style === undefined ? safeText(text) : paintData[style](safeText(text)));
    },
    json: (object) => void (options.json && hasRoom(object) && write(stdout, jsonLine(object))),
    say: (text) => void (options.quiet || err(text)),
    detail: (text) => void (options.verbose && !options.quiet && write(stderr, paint.dim(safeLine(text)))),
    warn: (text) => void (options.quiet || write(stderr, `${paint.yellow('warning')} ${safeLine(text)}`)),
    insist: err,
    progress(text) {
      if (isInteractive) status.show(text);
      else if (!options.quiet && !options.json && stderr.writableLength <= PROGRESS_BACKLOG_BYTES) err(safeLine(text));
    },
    endProgress: status.clear,
    next: (command) => void commands.push(command),
    showNext() {
      if (rowsLeftOut > 0)
        err(
          `standard output was not read: ${rowsLeftOut} lines about undelivered rows were left out; \`cio-bulk failures\` has them all`,
        );
      rowsLeftOut = 0;
      for (const command of new Set(commands)) err(command);
      commands = [];
    },
    isInteractive,
  };
}
