import { setTimeout as sleep } from 'node:timers/promises';
import type { Encoding } from '../../domain/plan.ts';
import { IDLE, type ByteSource } from '../bytes/byte-source.ts';
import { openText, type TextLayout } from '../bytes/decoders.ts';
import { createTranscoder } from '../bytes/transcode.ts';

/** The beginning of a source. */
export interface Sample {
  readonly bytes: Buffer;
  /** It is the whole source. */
  readonly isWhole: boolean;
}

const SAMPLE_BYTES = 256 * 1024;
/** Of a pipe that pauses after some lines this much silence is enough to begin with what there is. */
const QUIET_MS = 500;
const POLL_MS = 50;

/** Reads the beginning; of a source that still grows, as soon as there is enough to judge by. */
export async function readSample(
  source: ByteSource,
  layout: TextLayout,
  signal?: AbortSignal,
  isEnough: (bytes: Buffer) => boolean = hasLine,
): Promise<Sample> {
  let quietMs = 0;
  let sizeBefore = -1;
  for (;;) {
    signal?.throwIfAborted();
    const { bytes, isComplete } = await source.look();
    if (isComplete || bytes >= SAMPLE_BYTES || quietMs >= QUIET_MS) {
      const sample = await readOnce(source, layout, { isComplete, signal });
      if (isComplete || bytes >= SAMPLE_BYTES || isEnough(sample.bytes)) return sample;
    }
    quietMs = bytes === sizeBefore ? quietMs + POLL_MS : 0;
    sizeBefore = bytes;
    await sleep(POLL_MS, undefined, { signal }).catch(() => undefined);
  }
}

export function hasLine(bytes: Buffer): boolean {
  return bytes.includes(10) || bytes.includes(13);
}

/** What can be read now. A file cut off in the middle of its compressed data is judged by what comes before the cut. */
async function readOnce(
  source: ByteSource,
  layout: TextLayout,
  { isComplete, signal }: { readonly isComplete: boolean; readonly signal: AbortSignal | undefined },
): Promise<Sample> {
  const read: Buffer[] = [];
  let total = 0;
  const { pieces } = openText(source, layout, { start: 0, pieceBytes: SAMPLE_BYTES + 1, waits: false, signal });
  let isCutOff = false;
  try {
    while (total <= SAMPLE_BYTES) {
      const piece = await pieces.next();
      if (piece.done === true) break;
      if (piece.value === IDLE) continue;
      read.push(piece.value);
      total += piece.value.length;
    }
  } catch (error) {
    if (total === 0 && isComplete) throw error;
    isCutOff = true;
  } finally {
    await pieces.return();
  }
  const isWhole = isComplete && !isCutOff && total <= SAMPLE_BYTES;
  return { bytes: Buffer.concat(read, total).subarray(0, SAMPLE_BYTES), isWhole };
}

/** The sample as UTF-8 text. */
export function sampleText(sample: Sample, encoding: Encoding): Sample {
  return { bytes: createTranscoder(encoding).write(sample.bytes), isWhole: sample.isWhole };
}
