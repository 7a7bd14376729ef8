import type { Db } from './open.ts';

export interface GroupCommit {
  /** Opens a transaction unless one is open; it is committed at the end of this turn of the event loop. */
  begin(): void;
  /** Resolves when everything written so far is in the file. */
  committed(): Promise<void>;
  /** Commits now. */
  flush(): void;
}

/**
 * One transaction per turn of the event loop: requests that arrive together share a commit, and a single request has its own. An
 * answer waits for `committed()`, so everything that was acknowledged is stored.
 */
export function createGroupCommit(db: Db): GroupCommit {
  let open = false;
  let waiting: (() => void)[] = [];
  const begin = db.prepare('BEGIN IMMEDIATE');
  const commit = db.prepare('COMMIT');

  function flush(): void {
    if (!open) return;
    open = false;
    if (db.inTransaction) commit.run();
    const done = waiting;
    waiting = [];
    for (const resolve of done) resolve();
  }

  return {
    begin() {
      if (open) return;
      begin.run();
      open = true;
      setImmediate(flush);
    },
    committed() {
      return open ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve();
    },
    flush,
  };
}
