import { Chalk, supportsColorStderr, supportsColor, type ChalkInstance } from 'chalk';
import type { Host, OutputStream } from '../domain/host.ts';

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

/** Control characters never reach the terminal, wherever they came from: a file's name or cell could move the cursor. */
export function safeText(text: string): string {
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, '\ufffd');
}

export function createTerminal(host: Pick<Host, 'stdout' | 'stderr' | 'env'>, options: OutputOptions): Terminal {
  const wanted = options.color && host.env['NO_COLOR'] === undefined;
  const paint = new Chalk({ level: wanted && supportsColorStderr ? supportsColorStderr.level : 0 });
  const paintData = new Chalk({ level: wanted && supportsColor ? supportsColor.level : 0 });
  let commands: string[] = [];
  const err = (text: string): void => void host.stderr.write(`${text}\n`);
  return {
    options,
    data: (text) => void (options.json || host.stdout.write(`${text}\n`)),
    json: (object) => void (options.json && host.stdout.write(`${JSON.stringify(object)}\n`)),
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
