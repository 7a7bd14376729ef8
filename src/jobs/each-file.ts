import { CioBulkError, EXIT, type ExitCode } from '../domain/errors.ts';
import type { InputFile } from '../input/bytes/files.ts';
import type { Terminal } from '../output/terminal.ts';
import { showError } from '../output/show-error.ts';
import { worseOf } from '../domain/errors.ts';

/**
 * Works on each file, in the order given; the worst exit code wins. When one of several files cannot be used, its error is shown and
 * the others still have their turn. `mayGoOn` is asked before the next.
 */
export async function eachFile(
  files: readonly InputFile[],
  terminal: Terminal,
  work: (file: InputFile) => Promise<ExitCode>,
  mayGoOn: (code: ExitCode, rest: readonly InputFile[], last: InputFile) => boolean,
): Promise<ExitCode> {
  let worst: ExitCode = EXIT.ok;
  for (const [i, file] of files.entries()) {
    const code = await work(file).catch((error: unknown) => {
      if (files.length === 1 || !(error instanceof CioBulkError) || error.exitCode !== EXIT.usage) throw error;
      showError(terminal, error);
      return error.exitCode;
    });
    worst = worseOf(worst, code);
    if (!mayGoOn(code, files.slice(i + 1), file)) break;
  }
  return worst;
}
