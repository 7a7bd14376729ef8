import { eachOperation, requestOf, splitBatch, withoutOperations } from '../domain/batch.ts';
import type { Batch, WindowChunk } from '../domain/batch.ts';
import { CioBulkError } from '../domain/errors.ts';
import type { Outcome, Reply } from '../domain/outcome.ts';
import { refusal, toOutcomes } from '../domain/outcomes.ts';
import { classify, replyCode, type WireRequest } from '../domain/wire.ts';
import type { HeldPersons } from './held.ts';

type LastWord = Awaited<ReturnType<Courier['send']>>;

/** Sends one request until there is a last word on it. Implemented by api/persistent. */
export interface Courier {
  send(request: Omit<WireRequest, 'attempt'>, stopping: AbortSignal): Promise<{ readonly reply: Reply; readonly othersPassed: boolean; readonly isUnsent?: true }>;
}

/** What became of a batch. Rows that are in neither list are delivered: the usual case costs nothing per row. */
export interface Delivery {
  readonly undelivered: { readonly chunk: WindowChunk; readonly index: number; readonly outcome: Exclude<Outcome, { state: 'delivered' }> }[];
  /** The run stopped before a byte of the batch left: nothing of it is in doubt. */
  readonly isUnsent?: true;
  /** Without an outcome, because the run stopped: they stay in doubt. */
  readonly pending: { readonly chunk: WindowChunk; readonly index: number }[];
}

export const BEHIND_FAILED: Exclude<Outcome, { state: 'delivered' }> = { state: 'failed', code: 'behind_failed', reason: 'an earlier row of the same person has failed' };

/**
 * isolate(persistent sender): a batch that the API refuses as a whole, or that keeps failing while others pass, is halved
 * until the culprit stands alone, so that one row cannot take 999 with it. Halves go one after the other: they share persons.
 */
export async function deliver(batch: Batch, courier: Courier, held: HeldPersons, stopping: AbortSignal): Promise<Delivery> {
  const delivery: Delivery = { undelivered: [], pending: [] };
  const first = await send(batch, courier, stopping, false);
  if (first.isUnsent) return { ...delivery, isUnsent: true };
  await judge(delivery, batch, first, courier, held, stopping);
  return delivery;
}

async function deliverInto(delivery: Delivery, batch: Batch, courier: Courier, held: HeldPersons, stopping: AbortSignal): Promise<void> {
  await judge(delivery, batch, await send(batch, courier, stopping, true), courier, held, stopping);
}

function send(batch: Batch, courier: Courier, stopping: AbortSignal, isSuspect: boolean): ReturnType<Courier['send']> {
  return courier.send({ ...requestOf(batch), rows: batch.count, isSuspect }, stopping);
}

async function judge(delivery: Delivery, batch: Batch, { reply, othersPassed }: LastWord, courier: Courier, held: HeldPersons, stopping: AbortSignal): Promise<void> {
  if (reply.kind === 'fault' && reply.fault === 'aborted') {
    eachOperation(batch, (chunk, index) => delivery.pending.push({ chunk, index }));
    return;
  }
  const verdict = classify(reply);
  if (verdict === 'accepted' && reply.kind === 'response') return accept(delivery, batch, toOutcomes(reply, batch.count));
  const refused = verdict === 'refused' && reply.kind === 'response' ? reply : undefined;
  if (refused && !batch.single && !isAboutContent(refused.status)) throw wrongPlace(refused.status);
  if (batch.count > 1 && (refused !== undefined || (verdict === 'retryable' && othersPassed))) return deliverHalves(delivery, batch, courier, held, stopping);
  const outcome = refused
    ? refusal(refused)
    : ({ state: 'failed', code: replyCode(reply), reason: `all attempts failed, the last with ${replyCode(reply)}` } as const);
  eachOperation(batch, (chunk, index) => {
    if (outcome.state === 'failed') held.add(chunk, index);
    delivery.undelivered.push({ chunk, index, outcome });
  });
}

function accept(delivery: Delivery, batch: Batch, outcomes: readonly Outcome[] | undefined): void {
  if (outcomes === undefined) return;
  let i = 0;
  eachOperation(batch, (chunk, index) => {
    const outcome = outcomes[i++];
    if (outcome && outcome.state !== 'delivered') delivery.undelivered.push({ chunk, index, outcome });
  });
}

async function deliverHalves(delivery: Delivery, batch: Batch, courier: Courier, held: HeldPersons, stopping: AbortSignal): Promise<void> {
  const [head, tail] = splitBatch(batch, Math.ceil(batch.count / 2));
  await deliverInto(delivery, head, courier, held, stopping);
  const rest = withoutOperations(tail, (chunk, index) => {
    if (!held.has(chunk, index)) return false;
    held.add(chunk, index); // its other persons wait too
    delivery.undelivered.push({ chunk, index, outcome: BEHIND_FAILED });
    return true;
  });
  if (rest.count > 0) await deliverInto(delivery, rest, courier, held, stopping);
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
