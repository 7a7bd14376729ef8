import type { Transform } from 'node:stream';
import { constants, createBrotliDecompress, createGunzip } from 'node:zlib';
import * as zlib from 'node:zlib';
import type { Compression } from '../../domain/plan.ts';
import { undecodable } from '../detect/refusals.ts';
import { IDLE, type Pieces } from './byte-source.ts';

/** What a stream has decompressed waits here, at most about this many bytes. */
const QUEUE_BYTES = 1024 * 1024;

/**
 * The decoder of compressed bytes. It does not iterate over the stream: that would lose what was decompressed before an
 * error, and the rows of a file that was cut off are good up to the cut. `name` is for messages.
 */
export async function* decompress(bytes: Pieces, compression: Compression, name: string): Pieces {
  const stream = createDecompressor(compression, name);
  const queue: Buffer[] = [];
  let queued = 0;
  let isEnded = false;
  let failure: Error | undefined;
  let wake = noop;
  stream.on('data', (chunk: Buffer) => {
    queue.push(chunk);
    queued += chunk.length;
    if (queued > QUEUE_BYTES) stream.pause();
    wake();
  });
  stream.once('end', () => {
    isEnded = true;
    wake();
  });
  const fail = (error: unknown): void => {
    failure ??= error instanceof Error ? error : new Error(String(error));
    wake();
  };
  stream.on('error', (error) => fail(decodingFailure(compression, name, error)));
  const feeding = feed(bytes, stream).catch(fail);
  try {
    for (;;) {
      const chunk = queue.shift();
      if (chunk !== undefined) {
        queued -= chunk.length;
        yield chunk;
      } else if (failure !== undefined) throw failure;
      else if (isEnded) return;
      else {
        const woken = new Promise<void>((resolve) => {
          wake = resolve;
        });
        stream.resume();
        await woken;
      }
    }
  } finally {
    stream.destroy();
    await feeding;
  }
}

function noop(): void {}

async function feed(bytes: Pieces, stream: Transform): Promise<void> {
  let wake = noop;
  stream.on('drain', () => wake());
  stream.on('close', () => wake());
  for await (const chunk of bytes) {
    if (chunk === IDLE) continue;
    if (stream.destroyed) return;
    const drained = new Promise<void>((resolve) => {
      wake = resolve;
    });
    if (!stream.write(chunk)) await drained;
  }
  if (!stream.destroyed) stream.end();
}

function createDecompressor(compression: Compression, name: string): Transform {
  if (compression === 'brotli') return createBrotliDecompress({ chunkSize: 64 * 1024 });
  if (compression === 'gzip') return createGunzip({ chunkSize: 64 * 1024 });
  // Node has it from 22.15 on.
  const create: unknown = Reflect.get(zlib, 'createZstdDecompress');
  if (typeof create !== 'function') {
    throw undecodable(
      name,
      `is compressed with zstd, which Node.js ${process.versions.node} cannot read`,
      `use Node.js 22.15 or later, or decompress it first: zstd -dc ${name} | cio-bulk import - ...`,
    );
  }
  return (create as () => Transform)();
}

function decodingFailure(compression: Compression, name: string, error: NodeJS.ErrnoException): unknown {
  if (error.errno === constants.Z_BUF_ERROR || /unexpected end/i.test(error.message)) {
    return undecodable(
      name,
      `ends in the middle of its ${compression} data`,
      'copy or download it again; the rows before are good',
      error,
    );
  }
  return undecodable(name, `is damaged: it is not valid ${compression} data`, 'copy or download it again', error);
}
