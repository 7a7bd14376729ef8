import type { IncomingMessage } from 'node:http';

/** Above every limit of the API. Anything beyond it is read and dropped, so that the caller gets an answer. */
const KEPT_BYTES_MAX = 1_500_000;

/** The body as sent; undefined when the caller hung up first. */
export function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let kept = 0;
    request.on('data', (chunk: Buffer) => {
      if (kept > KEPT_BYTES_MAX) return;
      kept += chunk.length;
      chunks.push(chunk);
    });
    request.once('end', () => resolve(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)));
    request.once('error', () => resolve(undefined));
    request.once('close', () => resolve(undefined));
  });
}
