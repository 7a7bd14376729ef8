import { eachOperation, requestOf, splitBatch, withoutOperations } from '../domain/batch.ts';
import type { Batch, WindowChunk } from '../domain/batch.ts';
import { CioBulkError } from '../domain/errors.ts';
import type { Courier, LastWord } from '../domain/courier.ts';
import type { Outcome } from '../domain/outcome.ts';
import { refusal, toOutcomes } from '../domain/outcomes.ts';
import { classify, replyCode } from '../domain/wire.ts';
import { holdForNow, type HeldForNow, type HeldPersons } from './held.ts';

/** What became of a batch. Rows that are in neither list are delivered: the usual case costs nothing per row. */
export interface Delivery {
  readonly undelivered: { readonly chunk: WindowChunk; readonly index: number; readonly outcome: Exclude<Outcome, { state: 'delivered' }> }[];
  /** The run stopped before a byte of the batch left: nothing of it is in doubt. */
  readonly isUnsent?: true;
  /** Without an outcome, because the run stopped: they stay in doubt. */
  readonly pending: { readonly chunk: WindowChunk; readonly index: number }[];
}

export const BEHIND_FAILED: Exclude<Outcome, { state: 'delivered' }> = { state: 'failed', code: 'behind_failed', reason: 'an earlier row of the same person has failed' };

/** A delivery while it is under way. */
interface Round {
  readonly undelivered: Delivery['undelivered'];
  readonly pending: Delivery['pending'];
  readonly held: HeldForNow;
  /** The service took, or refused, some part of the batch: what it does not take is that part's own fault. */
  isProven: boolean;
  /** A row failed, and it is not known yet whether that is about the row. */
  isQuestioned: boolean;
}

/**
 * Isolates what is at fault: a batch that the API refuses as a whole, or that keeps failing or being throttled, is halved until the culprit
 * stands alone, so that one row cannot take 999 with it. Halves go one after the other: they share persons. When no part of it gets through,
 * the halving has proven nothing, and everything begins anew; how often, the courier's patience with an outage limits.
 */
export async function deliver(batch: Batch, courier: Courier, held: HeldPersons, stopping: AbortSignal): Promise<Delivery> {
  for (let isFirst = true; ; isFirst = false) {
    const round: Round = { undelivered: [], pending: [], held: holdForNow(held), isProven: false, isQuestioned: false };
    const word = await send(batch, courier, stopping, false);
    if (word.isUnsent && isFirst) return { undelivered: [], pending: [], isUnsent: true };
    await judge(round, batch, word, courier, stopping);
    if (round.isProven || !round.isQuestioned) {
      round.held.keep();
      return { undelivered: round.undelivered, pending: round.pending };
    }
    if (round.pending.length > 0) return { undelivered: [], pending: allOf(batch) };
  }
}

async function deliverInto(round: Round, batch: Batch, courier: Courier, stopping: AbortSignal): Promise<void> {
  await judge(round, batch, await send(batch, courier, stopping, true), courier, stopping);
}

function send(batch: Batch, courier: Courier, stopping: AbortSignal, isSuspect: boolean): ReturnType<Courier['send']> {
  return courier.send({ ...requestOf(batch), rows: batch.count, isSuspect }, stopping);
}

async function judge(round: Round, batch: Batch, { reply, othersPassed }: LastWord, courier: Courier, stopping: AbortSignal): Promise<void> {
  if (reply.kind === 'fault' && reply.fault === 'aborted') {
    round.pending.push(...allOf(batch));
    return;
  }
  const verdict = classify(reply);
  if (verdict === 'accepted' || verdict === 'refused') round.isProven = true;
  if (verdict === 'accepted' && reply.kind === 'response') return accept(round, batch, toOutcomes(reply, batch.count));
  const refused = verdict === 'refused' && reply.kind === 'response' ? reply : undefined;
  if (refused && !batch.single && !isAboutContent(refused.status)) throw wrongPlace(refused.status);
  if (batch.count > 1) return deliverHalves(round, batch, courier, stopping);
  if (!refused && !othersPassed) round.isQuestioned = true;
  const outcome = refused
    ? refusal(refused)
    : ({ state: 'failed', code: replyCode(reply), reason: `all attempts failed, the last with ${replyCode(reply)}` } as const);
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

async function deliverHalves(round: Round, batch: Batch, courier: Courier, stopping: AbortSignal): Promise<void> {
  const [head, tail] = splitBatch(batch, Math.ceil(batch.count / 2));
  await deliverInto(round, head, courier, stopping);
  const rest = withoutOperations(tail, (chunk, index) => {
    if (!round.held.has(chunk, index)) return false;
    round.held.add(chunk, index); // its other persons wait too
    round.undelivered.push({ chunk, index, outcome: BEHIND_FAILED });
    return true;
  });
  if (rest.count > 0) await deliverInto(round, rest, courier, stopping);
}

function allOf(batch: Batch): Delivery['pending'] {
  const all: Delivery['pending'] = [];
  eachOperation(batch, (chunk, index) => all.push({ chunk, index }));
  return all;
}

/** 400, 413, 422: something in the body. Any other 4xx says that the batch endpoint itself is not there. */
function isAboutContent(status: number): boolean {
  return status === 400 || status === 413 || status === 414 || status === 422 || status === 431;
}

function wrongPlace(status: number): CioBulkError {
  return new CioBulkError('unreachable', `the API answered ${status} to a batch: this does not look like Customer.io's Track API`, {
    hint: 'check CUSTOMERIO_TRACK_URL and CUSTOMERIO_REGION',
  });
}
