/**
 * Why an operation was not taken:
 * - `invalid`: it can never be sent, such as one without an identifier or one over 32,000 bytes;
 * - `full`: as many operations are pending as may be (`maxPending`);
 * - `unreachable`: Redis has not confirmed it in time (`timeoutMs`), and may still have it;
 * - `overflow`: the buffer of `fireAndForget` is full;
 * - `closed`: the producer is closed.
 */
export type ProducerErrorCode = 'invalid' | 'full' | 'unreachable' | 'overflow' | 'closed';

/** The message never contains anything of the operation. */
export class ProducerError extends Error {
  readonly code: ProducerErrorCode;
  constructor(code: ProducerErrorCode, message: string) {
    super(message);
    this.name = 'ProducerError';
    this.code = code;
  }
}
