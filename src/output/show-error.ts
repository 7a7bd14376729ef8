import type { CioBulkError } from '../domain/errors.ts';
import { safeLine, safeText } from '../domain/text/safe-text.ts';
import type { Terminal } from './terminal.ts';

/** Tells of a failure that ends the work on one file and not the command. */
export function showError(terminal: Terminal, error: CioBulkError, prefix = 'cio-bulk'): void {
  const { code, message, hint, exitCode } = error;
  terminal.json({ type: 'error', code, message, hint: hint ?? null, exit_code: exitCode });
  terminal.insist(`${prefix}: ${safeLine(message)}`);
  if (hint !== undefined) terminal.insist(safeText(hint));
}
