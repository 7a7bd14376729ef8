import type { Journal } from './journal.ts';

/** What is worth knowing about a run besides its state. */
export interface RunNotes {
  /** The arguments of the command that started it, and the folder it was run in. Credentials are never among them. */
  readonly argv: readonly string[];
  readonly folder: string;
  /** Where it sends: the sandbox, or a region and a host. */
  readonly target: string;
  /** Unix seconds: events after this, and events without a time, were skipped as recent. Null if none were. */
  readonly skippedSince: number | null;
  /** The file was cut while it was read: before it is as long as this again, rows of it are missing. Null if that never happened. */
  readonly bytesWanted: number | null;
}

export function noteRun(
  journal: Journal,
  run: number,
  { argv, folder, target }: Pick<RunNotes, 'argv' | 'folder' | 'target'>,
): void {
  journal
    .prepare('INSERT INTO run_notes (run, argv, folder, target) VALUES (?, ?, ?, ?) ON CONFLICT (run) DO NOTHING')
    .run(run, JSON.stringify(argv), folder, target);
}

/** Called before the first event is skipped. The processes of a run may use different times; the earliest one is kept, since an event that is sent twice counts once. */
export function noteSkippedSince(journal: Journal, run: number, since: number): void {
  journal
    .prepare('UPDATE run_notes SET skipped_since = min(coalesce(skipped_since, ?), ?) WHERE run = ?')
    .run(since, since, run);
}

export function noteBytesWanted(journal: Journal, run: number, bytes: number): void {
  journal
    .prepare('UPDATE run_notes SET bytes_wanted = max(coalesce(bytes_wanted, 0), ?) WHERE run = ?')
    .run(bytes, run);
}

/** Undefined for a run of an older version. */
export function notesOf(journal: Journal, run: number): RunNotes | undefined {
  const row = journal
    .prepare<[number], Omit<RunNotes, 'argv'> & { readonly argv: string }>(
      'SELECT argv, folder, target, skipped_since AS skippedSince, bytes_wanted AS bytesWanted FROM run_notes WHERE run = ?',
    )
    .get(run);
  return row && { ...row, argv: JSON.parse(row.argv) as string[] };
}
