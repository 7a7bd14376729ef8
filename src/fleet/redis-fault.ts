import { errorCode } from '../domain/text/error-code.ts';

/** Redis could not be asked, or could not do it. `message` says why, in words that follow its name: `refuses connections`. */
export class RedisFault extends Error {
  /** No waiting helps: somebody has to change a setting. */
  readonly isLasting: boolean;
  constructor(message: string, isLasting = false) {
    super(message);
    this.name = 'RedisFault';
    this.isLasting = isLasting;
  }
}

const NETWORK: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refuses connections',
  ENOTFOUND: 'has no address (DNS)',
  EAI_AGAIN: 'has no address (DNS)',
  ETIMEDOUT: 'does not answer in time',
  EHOSTUNREACH: 'cannot be reached',
  ENETUNREACH: 'cannot be reached',
};
/** By the first word of an error reply. */
const REPLIES: Readonly<Record<string, readonly [words: string, isLasting?: true]>> = {
  NOAUTH: ['wants a password', true],
  WRONGPASS: ['refuses the password', true],
  NOPERM: ['does not allow this user to run scripts on keys that begin with {cio:', true],
  MOVED: ['is one node of a cluster, which is not supported', true],
  LOADING: ['is still loading its data'],
  READONLY: ['is a replica that takes no writes'],
  OOM: ['is out of memory (maxmemory)'],
  MISCONF: ['takes no writes, because it cannot save its data (MISCONF)'],
  MASTERDOWN: ['is a replica that has lost its master'],
  BUSY: ['is busy with a script'],
};

/** What went wrong, without what was asked: errors of the client carry the command and its arguments. */
export function redisFault(error: unknown): RedisFault {
  if (error instanceof RedisFault) return error;
  const code = errorCode(error) ?? '';
  const message = error instanceof Error ? error.message : '';
  const network = NETWORK[code];
  if (network !== undefined) return new RedisFault(network);
  if (/TLS|CERT|SSL|SELF_SIGNED/.test(code)) return new RedisFault('has a certificate that cannot be trusted', true);
  if (/timed? ?out/i.test(message)) return new RedisFault('does not answer in time');
  if (/Protocol error|RESP type/i.test(message)) return new RedisFault('does not speak the protocol of Redis', true);
  const word = /^(?:ERR )?([A-Z]{2,})\b/.exec(message)?.[1];
  if (word === undefined) return new RedisFault('drops the connection');
  const [words, isLasting = false] = REPLIES[word] ?? [`answers with an error (${word})`];
  return new RedisFault(words, isLasting);
}
