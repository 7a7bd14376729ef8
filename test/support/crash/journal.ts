import Database from 'better-sqlite3';

/** The faults of a journal after a run has ended: an empty list is the promise. */
export function journalFaults(path: string, rows: number): string[] {
  const journal = new Database(path, { readonly: true });
  try {
    const faults: string[] = [];
    const integrity = String(journal.pragma('integrity_check', { simple: true }));
    if (integrity !== 'ok') faults.push(`integrity_check: ${integrity}`);
    const runs = journal
      .prepare<[], Record<string, number | string>>("SELECT * FROM runs WHERE state != 'abandoned'")
      .all();
    if (runs.length !== 1) faults.push(`${runs.length} runs`);
    for (const run of runs) {
      const settled = ['delivered', 'rejected', 'failed', 'invalid', 'skipped', 'unclear'].reduce(
        (sum, name) => sum + Number(run[name]),
        0,
      );
      if (run['state'] !== 'finished') faults.push(`run ${run['id']} is ${run['state']}`);
      if (settled !== rows || run['rows_read'] !== rows || run['row'] !== rows)
        faults.push(`${rows} rows, ${run['rows_read']} read, ${settled} settled, checkpoint ${run['row']}`);
    }
    const left = Number(
      journal.prepare('SELECT (SELECT count(*) FROM beyond) + (SELECT count(*) FROM undelivered)').pluck().get(),
    );
    if (left > 0) faults.push(`${left} records left`);
    return faults;
  } finally {
    journal.close();
  }
}
