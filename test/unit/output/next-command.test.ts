import { describe, expect, it } from 'vitest';
import { CioBulkError } from '../../../src/domain/errors.ts';
import {
  canContinue,
  cleanupCommand,
  failuresCommand,
  retryCommand,
  sameCommand,
} from '../../../src/output/next-command.ts';

function journalFault(code: string): CioBulkError {
  return new CioBulkError('journal_unwritable', 'the journal cannot be written', {
    cause: Object.assign(new Error(code), { code }),
  });
}

describe('the command to type next', () => {
  it('is the same one, without --restart, which would begin once more', () => {
    const host = { argv: ['import', 'a file.csv', '--restart', '--sandbox'] };
    expect(sameCommand(host, { hasBegun: true })).toBe("cio-bulk import 'a file.csv' --sandbox");
    expect(sameCommand(host)).toBe("cio-bulk import 'a file.csv' --restart --sandbox"); // the run did not begin anew yet
  });

  it('looks at the same journal, however that was given', () => {
    expect(failuresCommand(3, ['import', 'a.csv', '--journal=other.db'])).toBe(
      'cio-bulk failures --run 3 --journal other.db',
    );
    expect(failuresCommand(3, ['status', '--journal', 'first.db', '--journal', 'last.db'])).toBe(
      'cio-bulk failures --run 3 --journal last.db',
    );
  });

  it('sends to the same workspace', () => {
    const argv = ['import', 'a.csv', '--env-file', 'eu.env', '--no-preflight', '--rate', '5'];
    expect(retryCommand(3, argv, { from: 'fixed.csv' })).toBe(
      'cio-bulk retry-failed --run 3 --from fixed.csv --env-file eu.env --no-preflight',
    );
  });

  it('sends under the same budget', () => {
    const argv = ['import', 'a.csv', '--budget=redis://h', '--budget-share', '0.5', '--rate', '5', '--set-rate'];
    expect(retryCommand(3, argv)).toBe('cio-bulk retry-failed --run 3 --budget redis://h --budget-share 0.5');
  });

  it('deletes test people where the load test created them', () => {
    const argv = [
      'loadtest',
      '--scenario',
      'smoke',
      '--confirm',
      '1a2b',
      '--env-file=staging.env',
      '--journal',
      'j.db',
    ];
    expect(cleanupCommand('abc123', argv)).toBe(
      'cio-bulk cleanup --run abc123 --journal j.db --env-file staging.env --confirm 1a2b',
    );
    expect(cleanupCommand('abc123', ['loadtest', '--sandbox'])).toBe('cio-bulk cleanup --run abc123 --sandbox');
  });
});

describe('the same command can succeed later', () => {
  it('once the disk has room again, but not where the journal may not be written', () => {
    expect(canContinue(journalFault('SQLITE_FULL'))).toBe(true);
    expect(canContinue(journalFault('ENOSPC'))).toBe(true);
    expect(canContinue(journalFault('SQLITE_READONLY'))).toBe(false);
  });
});
