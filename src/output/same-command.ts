import { EXIT, type CioBulkError } from '../domain/errors.ts';
import type { Host } from '../domain/host.ts';
import { commandLine } from './next-command.ts';

/** The command line that goes on from here. What may be said only once is left out when it has been done: `--restart` once the run began anew. */
export function sameCommand(host: Pick<Host, 'argv'>, { hasBegun = false } = {}): string {
  return commandLine(hasBegun ? host.argv.filter((word) => word !== '--restart') : host.argv);
}

const LATER: ReadonlySet<number> = new Set([EXIT.credentials, EXIT.unreachable]);

/** Whether the same command can do the work once the trouble is over, without another flag or another file. */
export function canContinue(error: CioBulkError): boolean {
  if (isPlaceFault(error)) return false;
  return LATER.has(error.exitCode) || ['forbidden', 'wrong_region', 'wrong_workspace', 'redirected', 'journal_locked', 'journal_unwritable', 'cleanup_unverified'].includes(error.code);
}

/** A journal that cannot lie where it was asked for: without another place the same command fails again. */
function isPlaceFault({ code, cause }: CioBulkError): boolean {
  if (code !== 'journal_unwritable') return false;
  const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  return cause === undefined || !/^(SQLITE_(FULL|IOERR)|ENOSPC|EDQUOT|EIO)/.test(reason);
}
