import { CioBulkError } from '../domain/errors.ts';
import type { Reply } from '../domain/outcome.ts';
import { classify, replyCode, UNSENT, type Sender } from '../domain/wire.ts';

/** The end of all sending: the first reason that somebody found. */
export interface Ending {
  reason(): CioBulkError | undefined;
  /** The first reason, which need not be this one. */
  end(error: CioBulkError): CioBulkError;
}

export function createEnding(): Ending {
  let first: CioBulkError | undefined;
  return { reason: () => first, end: (error) => (first ??= error) };
}

/**
 * Lets nothing out any more once it is known that no row can be sent at all.
 *
 *   sending --401, 403, redirect, or a long outage that retrying found--> ended: all that comes is unsent
 */
export function fatal(inner: Sender, ending: Ending): Sender {
  return {
    async send(request, signals) {
      if (ending.reason()) return UNSENT;
      const reply = await inner.send(request, signals);
      const error = fatalError(reply, 'under way');
      if (error) ending.end(error);
      return reply;
    },
  };
}

/** What was asked when the answer came: the question for the region, rows, or the App API. */
type Asked = 'preflight' | 'under way' | 'app';

const PAIR = 'check CUSTOMERIO_SITE_ID and CUSTOMERIO_TRACK_API_KEY';
const REFUSED_CREDENTIALS: Readonly<Record<Asked, readonly [message: string, hint: string]>> = {
  preflight: ['Customer.io refused the credentials (401)', `${PAIR}: they are the Track API pair, not the App API key`],
  'under way': [
    'Customer.io refused the credentials (401)',
    `${PAIR}; rows already sent are recorded, run the same command again`,
  ],
  app: [
    'the App API refused the key (401)',
    'check CUSTOMERIO_APP_API_KEY: it is an App API key, not the Track API pair',
  ],
};
const NOT_ALLOWED: Readonly<Record<Asked, readonly [message: string, hint?: string]>> = {
  preflight: ['Customer.io does not allow this key to be used here (403)'],
  'under way': [
    'Customer.io does not allow this (403)',
    'check that the key belongs to this workspace and may write to it',
  ],
  app: [
    'the App API does not allow this key to read people (403)',
    'check that CUSTOMERIO_APP_API_KEY belongs to this workspace',
  ],
};
const SET_REGION = 'set CUSTOMERIO_REGION to the region of the account (us or eu)';

/** The one place that explains 401, 403 and redirects. Undefined for any other reply. `place`: who answered, for messages. */
export function fatalError(reply: Reply, asked: Asked, place = 'the API'): CioBulkError | undefined {
  const verdict = classify(reply);
  if (verdict === 'unauthorized') return errorOf('unauthorized', REFUSED_CREDENTIALS[asked]);
  if (verdict === 'forbidden') return errorOf('forbidden', NOT_ALLOWED[asked]);
  if (verdict !== 'redirected') return undefined;
  if (asked === 'preflight')
    return errorOf('wrong_region', [
      `${place} redirects to another host: the account lives in the other region`,
      'set CUSTOMERIO_REGION (us or eu)',
    ]);
  return errorOf('redirected', [
    `${place} redirects${hostIn(reply)} (${replyCode(reply)}); credentials and data are not sent there`,
    SET_REGION,
  ]);
}

function errorOf(
  code: 'unauthorized' | 'forbidden' | 'wrong_region' | 'redirected',
  [message, hint]: readonly [message: string, hint?: string],
): CioBulkError {
  return new CioBulkError(code, message, hint === undefined ? {} : { hint });
}

function hostIn(reply: Reply): string {
  const location = reply.kind === 'response' ? reply.location : undefined;
  return location !== undefined && URL.canParse(location) ? ` to ${new URL(location).host}` : '';
}
