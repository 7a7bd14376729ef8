import { CioBulkError } from '../domain/errors.ts';
import type { Courier, LastWord } from '../domain/courier.ts';
import type { Outcome, Undelivered } from '../domain/outcome.ts';
import { refusal, toOutcomes } from '../domain/outcomes.ts';
import { classify, replyCode } from '../domain/wire.ts';
import { eachOperation, requestOf, splitBatch, withoutOperations, type Batch, type WindowChunk } from './batch.ts';
import { holdForNow, type HeldForNow, type HeldPersons } from './held.ts';

export interface UndeliveredOperation {
  readonly chunk: WindowChunk;
  readonly index: number;
  readonly outcome: Undelivered;
}

/** What became of a batch. Rows in neither list are delivered, so the usual case costs nothing per row. */
export interface Delivery {
  readonly undelivered: UndeliveredOperation[];
  /** The run stopped before the first byte of the batch was sent: none of its rows is in doubt. */
  readonly isUnsent?: true;
  /** Rows without an outcome, because the run stopped: they stay in doubt. */
  readonly pending: { readonly chunk: WindowChunk; readonly index: number }[];
}

export const BEHIND_FAILED: Undelivered = {
  state: 'failed',
  code: 'behind_failed',
  reason: 'an earlier row of the same person has failed',
};

/** A delivery while it is under way. */
interface Round {
  readonly courier: Courier;
  readonly stopping: AbortSignal;
  readonly undelivered: Delivery['undelivered'];
  readonly pending: Delivery['pending'];
  readonly held: HeldForNow;
  /** The service took, or refused, some part of the batch: whatever fails beside it has itself to blame. */
  isProven: boolean;
  /** A row failed, and it is not known yet whether the row is at fault. */
  isQuestioned: boolean;
}

/**
 * Sends a batch until every row of it has an outcome, or the run stops.
 *
 * - The API takes the batch: each row has the outcome that the answer gives it.
 * - The API refuses it as a whole, or it keeps failing or being throttled: it is *halved* until the culprit stands alone, so that one
 *   row cannot take 999 with it. Halves go one after the other, since they share persons. Of those, a row of a person who has just
 *   failed is not sent any more.
 * - A part that is taken or refused *proves* that the service works: whatever fails beside it has itself to blame.
 * - Nothing gets through: the halving has proven nothing, and everything begins anew. The courier's patience with an outage limits how often.
 */
export async function deliver(
  batch: Batch,
  courier: Courier,
  held: HeldPersons,
  stopping: AbortSignal,
): Promise<Delivery> {
  for (let isFirst = true; ; isFirst = false) {
    const round: Round = {
      courier,
      stopping,
      undelivered: [],
      pending: [],
      held: holdForNow(held),
      isProven: false,
      isQuestioned: false,
    };
    const word = await send(round, batch, false);
    if (word.isUnsent && isFirst) return { undelivered: [], pending: [], isUnsent: true };
    await judge(round, batch, word);
    if (round.isProven || !round.isQuestioned) {
      round.held.keep();
      return { undelivered: round.undelivered, pending: round.pending };
    }
    if (round.pending.length > 0) return { undelivered: [], pending: allOf(batch) };
  }
}

async function deliverInto(round: Round, batch: Batch): Promise<void> {
  await judge(round, batch, await send(round, batch, true));
}

function send({ courier, stopping }: Round, batch: Batch, isSuspect: boolean): Promise<LastWord> {
  return courier.send({ ...requestOf(batch), rows: batch.count, isSuspect }, stopping);
}

async function judge(round: Round, batch: Batch, { reply, othersPassed }: LastWord): Promise<void> {
  if (reply.kind === 'fault' && reply.fault === 'aborted') {
    round.pending.push(...allOf(batch));
    return;
  }
  const verdict = classify(reply);
  if (verdict === 'accepted' || verdict === 'refused') round.isProven = true;
  if (verdict === 'accepted' && reply.kind === 'response') return accept(round, batch, toOutcomes(reply, batch.count));
  const refused = verdict === 'refused' && reply.kind === 'response' ? reply : undefined;
  if (refused && !batch.single && !isAboutContent(refused.status)) throw wrongPlace(refused.status);
  if (batch.count > 1) return deliverHalves(round, batch);
  if (!refused && !othersPassed) round.isQuestioned = true;
  const outcome = refused
    ? refusal(refused)
    : ({
        state: 'failed',
        code: replyCode(reply),
        reason: `all attempts failed, the last with ${replyCode(reply)}`,
      } as const);
  eachOperation(batch, (chunk, index) => {
    if (outcome.state === 'failed') round.held.add(chunk, index);
    round.undelivered.push({ chunk, index, outcome });
  });
}

function accept(round: Round, batch: Batch, outcomes: readonly Outcome[] | undefined): void {
  if (outcomes === undefined) return;
  let i = 0;
  eachOperation(batch, (chunk, index) => {
    const outcome = outcomes[i++];
    if (outcome && outcome.state !== 'delivered') round.undelivered.push({ chunk, index, outcome });
  });
}

async function deliverHalves(round: Round, batch: Batch): Promise<void> {
  const [head, tail] = splitBatch(batch, Math.ceil(batch.count / 2));
  await deliverInto(round, head);
  const rest = withoutOperations(tail, (chunk, index) => {
    if (!round.held.has(chunk, index)) return false;
    round.held.add(chunk, index); // its other persons wait too
    round.undelivered.push({ chunk, index, outcome: BEHIND_FAILED });
    return true;
  });
  if (rest.count > 0) await deliverInto(round, rest);
}

function allOf(batch: Batch): Delivery['pending'] {
  const all: Delivery['pending'] = [];
  eachOperation(batch, (chunk, index) => all.push({ chunk, index }));
  return all;
}

/** 400, 413, 422 and the like are about the request. Any other 4xx means that there is no batch endpoint at this address. */
function isAboutContent(status: number): boolean {
  return status === 400 || status === 413 || status === 414 || status === 422 || status === 431;
}

function wrongPlace(status: number): CioBulkError {
  return new CioBulkError(
    'unreachable',
    `the API answered ${status} to a batch: this does not look like Customer.io's Track API`,
    {
      hint: 'check CUSTOMERIO_TRACK_URL and CUSTOMERIO_REGION',
    },
  );
}
