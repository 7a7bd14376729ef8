import type { Host } from '../domain/host.ts';
import type { Terminal } from '../output/terminal.ts';
import type { SendingOptions } from '../session/options.ts';
import type { SendingSession } from '../session/session.ts';

/** What every job that sends works with. */
export interface SendSetting {
  readonly session: SendingSession;
  readonly sending: SendingOptions;
  readonly host: Host;
  readonly terminal: Terminal;
}

/** What a job that only reads the journal works with. */
export interface LookSetting {
  readonly journalPath: string;
  readonly host: Host;
  readonly terminal: Terminal;
}
