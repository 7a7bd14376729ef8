import type { LoadtestLedger, LoadtestRun } from '../../../src/domain/loadtest.ts';

/** A ledger that forgets: enough for tests of the launcher. `moves` tells the order of what happened. */
export function createMemoryLedger(): LoadtestLedger & { readonly moves: string[] } {
  const runs = new Map<string, LoadtestRun>();
  const moves: string[] = [];
  const change = (id: string, changed: Partial<LoadtestRun>): void => {
    const run = runs.get(id);
    if (run === undefined) throw new Error(`no run ${id}`);
    runs.set(id, { ...run, ...changed });
    moves.push(changed.state ?? '');
  };
  return {
    moves,
    plan: (run) => {
      runs.set(run.id, { ...run, state: 'planned', verdict: null, finished_at: null, k6_pid: null });
      moves.push('planned');
    },
    started: (id, k6Pid) => change(id, { state: 'running', k6_pid: k6Pid }),
    finish: (id, verdict, finishedAt) => change(id, { state: 'finished', verdict, finished_at: finishedAt }),
    markCleaned: (id) => change(id, { state: 'cleaned' }),
    uncleaned: (workspace) =>
      [...runs.values()].filter((run) => run.workspace === workspace && run.state !== 'cleaned'),
    list: () => [...runs.values()],
  };
}
