import type { Workspace } from '../store/workspace.ts';
import type { Answer } from './wire.ts';

/** How a batch should refuse one valid item, as an injected fault (docs/sandbox.md). */
export type Refusal = 'partial' | 'errors-in-200' | 'errors-without-index';

/** One request, as a handler gets it. */
export interface Call {
  readonly workspace: Workspace;
  /** Values of the route's `:name` parts, percent-decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: Buffer;
  /** Base URL of this sandbox. */
  readonly url: string;
  readonly region: 'us' | 'eu';
  readonly environmentId: number;
  readonly refusal: Refusal | undefined;
  /** 0 <= x < 1, seeded. */
  readonly random: () => number;
  /** Adds to the counts of `/_sandbox/state`. */
  count(operations: number, duplicates?: number): void;
}

/** Answers from what is in the workspace; synchronous, so that a request is one step. */
export type Handler = (call: Call) => Answer;

export interface Route {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  /** Template: `/api/v1/customers/:identifier/events`. */
  readonly path: string;
  readonly auth: 'track' | 'app' | 'none';
  /** Whether injected faults may hit it. */
  readonly faults: boolean;
  readonly answer: Handler;
}
