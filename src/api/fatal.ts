import { CioBulkError } from '../domain/errors.ts';
import type { Reply } from '../domain/outcome.ts';
import { replyCode, type Verdict } from '../domain/wire.ts';

/** The error that ends the run when a reply says that no row can be sent at all; undefined for any other reply. */
export function fatalError(reply: Reply, verdict: Verdict): CioBulkError | undefined {
  if (verdict === 'unauthorized')
    return new CioBulkError('unauthorized', 'Customer.io refused the credentials (401)', {
      hint: 'check CUSTOMERIO_SITE_ID and CUSTOMERIO_TRACK_API_KEY; rows already sent are recorded, run the same command again',
    });
  if (verdict === 'forbidden')
    return new CioBulkError('forbidden', 'Customer.io does not allow this (403)', { hint: 'check that the key belongs to this workspace and may write to it' });
  if (verdict !== 'redirected') return undefined;
  const host = reply.kind === 'response' && reply.location !== undefined ? hostOf(reply.location) : undefined;
  return new CioBulkError('redirected', `the API redirects${host === undefined ? '' : ` to ${host}`} (${replyCode(reply)}); credentials and data are not sent there`, {
    hint: 'set CUSTOMERIO_REGION to the region of the account (us or eu)',
  });
}

function hostOf(location: string): string | undefined {
  return URL.canParse(location) ? new URL(location).host : undefined;
}
