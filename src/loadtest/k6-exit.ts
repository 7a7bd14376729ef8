/** How k6 ended. The codes are those of k6's own `errext/exitcodes`. */

export interface K6Exit {
  /** null when a signal ended it. */
  readonly code: number | null;
  readonly signal: string | null;
}

export type K6Ending = 'finished' | 'thresholds' | 'stopped' | 'script' | 'k6';

const MEANING: Readonly<Record<number, readonly [K6Ending, string]>> = {
  0: ['finished', 'finished'],
  97: ['k6', 'a cloud run failed'],
  98: ['k6', 'the progress of a cloud run was lost'],
  99: ['thresholds', 'thresholds were crossed'],
  100: ['script', 'setup() took too long'],
  101: ['script', 'teardown() took too long'],
  102: ['k6', 'k6 ran into a timeout'],
  103: ['stopped', 'it was stopped through the REST API'],
  104: ['script', 'the configuration of the script is not valid'],
  105: ['stopped', 'it was stopped by a signal'],
  106: ['k6', 'k6 could not open its loopback port for progress'],
  107: ['script', 'the script threw an exception while starting'],
  108: ['stopped', 'the script stopped the test'],
  109: ['k6', 'k6 itself crashed'],
  110: ['script', 'the script declared the test failed'],
  255: ['k6', 'k6 ended with an error it does not classify'],
};

/** The kind of ending, and a clause that explains it. */
export function explainExit({ code, signal }: K6Exit): { readonly ending: K6Ending; readonly meaning: string } {
  if (code === null) {
    const guess = signal === 'SIGKILL' ? ' (killed: by hand, or because memory ran out)' : '';
    return { ending: 'stopped', meaning: `k6 was ended by ${signal ?? 'an unknown signal'}${guess}` };
  }
  const [ending, meaning] = MEANING[code] ?? ['k6', `k6 ended with exit code ${code}`];
  return { ending, meaning };
}
