/** What a run waits for, when nothing gets on. Times are those of the monotonic clock. */
export interface Waiting {
  /** The service does not answer · it asked for a pause (429) · the shared budget cannot be asked · the next try of a request · an answer · more of the input. */
  readonly state: 'outage' | 'throttled' | 'budget' | 'retry' | 'answer' | 'input';
  /** Half a sentence for people: `the API answers 503`. */
  readonly reason: string;
  readonly since: number;
  /** When it goes on, as far as anybody knows; null = when the other side does something. */
  readonly until: number | null;
}
