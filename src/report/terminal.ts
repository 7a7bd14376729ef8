import { Chalk, supportsColorStderr, supportsColor, type ChalkInstance } from 'chalk';
import type { Host, OutputStream } from '../domain/host.ts';
import { jsonLine, safeColored } from './safe-text.ts';

export interface OutputOptions {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
  readonly color: boolean;
}

/** Where words go: stdout is data, stderr is talk. */
export interface Terminal {
  readonly options: OutputOptions;
  /** Data for people, on stdout; nothing with --json. */
  data(text: string): void;
  /** One object on a line of stdout, with --json. */
  json(object: Readonly<Record<string, unknown>> & { readonly type: string }): void;
  /** Talk on stderr; --quiet silences it. */
  say(text: string): void;
  /** Like `say`, with --verbose only. */
  detail(text: string): void;
  warn(text: string): void;
  /** What must be read even with --quiet: errors, and the command that continues. */
  insist(text: string): void;
  /** The command that continues. It is kept back until `showNext`, because it must be the last line whatever else is said. */
  next(command: string): void;
  showNext(): void;
  readonly paint: ChalkInstance;
  readonly paintData: ChalkInstance;
  readonly stderr: OutputStream;
  readonly isInteractive: boolean;
}

export function createTerminal(host: Pick<Host, 'stdout' | 'stderr' | 'env'>, options: OutputOptions): Terminal {
  const wanted = options.color && host.env['NO_COLOR'] === undefined;
  const paint = new Chalk({ level: wanted && supportsColorStderr ? supportsColorStderr.level : 0 });
  const paintData = new Chalk({ level: wanted && supportsColor ? supportsColor.level : 0 });
  let commands: string[] = [];
  const err = (text: string): void => void host.stderr.write(`${safeColored(text)}\n`);
  return {
    options,
    data: (text) => void (options.json || host.stdout.write(`${safeColored(text)}\n`)),
    json: (object) => void (options.json && host.stdout.write(`${jsonLine(object)}\n`)),
    say: (text) => void (options.quiet || err(text)),
    detail: (text) => void (options.verbose && !options.quiet && err(paint.dim(text))),
    warn: (text) => void (options.quiet || err(`${paint.yellow('warning')} ${text}`)),
    insist: err,
    next: (command) => void commands.push(command),
    showNext() {
      for (const command of new Set(commands)) err(command);
      commands = [];
    },
    paint,
    paintData,
    stderr: host.stderr,
    isInteractive: host.stderr.isTTY === true && !options.quiet && !options.json,
  };
}
