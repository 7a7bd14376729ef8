import { EXIT, type ExitCode } from '../domain/errors.ts';
import { safeLine } from '../domain/text/safe-text.ts';
import type { InputFile } from '../input/bytes/files.ts';
import { runsOfSource } from '../journal/runs.ts';
import { sameCommand } from '../output/next-command.ts';
import { withSendingSession, type SendingSession } from '../session/session.ts';
import { assertConfirmable } from './confirm-action.ts';
import { eachFile } from './each-file.ts';
import { importFile, type ImportSetting } from './import.ts';
import { assertNoneOf } from './not-a-source.ts';

/** Several files are one run each, in the order given; the worst exit code wins. */
export function importFiles(
  files: readonly InputFile[],
  setting: Omit<ImportSetting, 'session' | 'startedAt'>,
): Promise<ExitCode> {
  const { source, sending, host, terminal, journalPath } = setting;
  assertConfirmable(source.plan.action ?? source.plan.map?.action ?? 'identify', setting.isConfirmed, host);
  assertNoneOf(
    journalPath,
    `the journal ${journalPath}`,
    files.map(({ path, name }) => ({ path, what: `${safeLine(name)}, which is to be read` })),
  );
  const startedAt = host.clock.monotonic();
  const isOver = (): boolean =>
    host.stopping.aborted ||
    (sending.maxDurationMs !== undefined && host.clock.monotonic() - startedAt >= sending.maxDurationMs);
  return withSendingSession({ command: 'import', options: sending, journalPath, host, terminal }, (session) =>
    eachFile(
      files,
      terminal,
      (file) => importFile(file, { ...setting, session, startedAt }),
      (code, rest, file) => {
        if (rest.length === 0 || isOver()) return false;
        if (isDone(code, session, file)) return true;
        terminal.say(
          `Not sent: ${rest.map(({ name }) => safeLine(name)).join(', ')}. The rest of ${safeLine(file.name)} must go first: it would overwrite newer values`,
        );
        terminal.next(sameCommand(host, { hasBegun: true }));
        return false;
      },
    ),
  );
}

/** While rows of one file are still to be sent, those of the next must not overtake them. */
function isDone(code: ExitCode, { journal, workspace }: SendingSession, file: InputFile): boolean {
  if (code === EXIT.ok || code === EXIT.undelivered) return true;
  return code === EXIT.usage && runsOfSource(journal, file.path, workspace).every(({ state }) => state !== 'open');
}
