import type { Journal } from './journal.ts';

/** What is worth knowing of a run beside its state. */
export interface RunNotes {
  /** The words of the command that began it, and the folder in which it was typed. Credentials are never among them. */
  readonly argv: readonly string[];
  readonly folder: string;
  /** Where it sends: the sandbox, or a region and a host. */
  readonly target: string;
  /** Unix seconds: events after this, or without a time, were left out for being recent; null = none were. */
  readonly skippedSince: number | null;
}

export function noteRun(journal: Journal, run: number, { argv, folder, target }: Pick<RunNotes, 'argv' | 'folder' | 'target'>): void {
  journal.prepare('INSERT INTO run_notes (run, argv, folder, target) VALUES (?, ?, ?, ?) ON CONFLICT (run) DO NOTHING').run(run, JSON.stringify(argv), folder, target);
}

/** Before the first event is left out. Processes of one run may differ: the earliest time holds for all, since an event that is sent twice counts once. */
export function noteSkippedSince(journal: Journal, run: number, since: number): void {
  journal.prepare('UPDATE run_notes SET skipped_since = min(coalesce(skipped_since, ?), ?) WHERE run = ?').run(since, since, run);
}

/** Undefined for a run of an older version. */
export function notesOf(journal: Journal, run: number): RunNotes | undefined {
  const row = journal
    .prepare<[number], Omit<RunNotes, 'argv'> & { readonly argv: string }>('SELECT argv, folder, target, skipped_since AS skippedSince FROM run_notes WHERE run = ?')
    .get(run);
  return row && { ...row, argv: JSON.parse(row.argv) as string[] };
}
