import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Encoding } from '../../domain/plan.ts';
import { sourceText, type TextLayout } from '../bytes/text-source.ts';
import { IDLE } from '../bytes/file-bytes.ts';
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

/** Reads the beginning; of a spool that is still written as soon as there is enough to judge by. */
export async function readSample(layout: TextLayout, options: { readonly follow?: boolean; readonly signal?: AbortSignal }): Promise<Sample> {
  const { signal } = options;
  let quietMs = 0;
  let sizeBefore = -1;
  for (;;) {
    signal?.throwIfAborted();
    const isDone = options.follow !== true || existsSync(`${layout.path}.done`);
    const size = isDone ? 0 : (await stat(layout.path)).size;
    if (isDone || size >= SAMPLE_BYTES || quietMs >= QUIET_MS) {
      const sample = await readOnce(layout, isDone, signal);
      if (isDone || sample.bytes.includes(10) || sample.bytes.includes(13) || size >= SAMPLE_BYTES) return sample;
    }
    quietMs = size === sizeBefore ? quietMs + POLL_MS : 0;
    sizeBefore = size;
    await sleep(POLL_MS, undefined, { signal }).catch(() => undefined);
  }
}

/** What can be read now. A file cut off in the middle of its compressed data is judged by what comes before the cut. */
async function readOnce(layout: TextLayout, isDone: boolean, signal: AbortSignal | undefined): Promise<Sample> {
  const pieces: Buffer[] = [];
  let total = 0;
  const source = sourceText(layout, { start: 0, chunkBytes: SAMPLE_BYTES + 1, follow: false, signal });
  let isCutOff = false;
  try {
    while (total <= SAMPLE_BYTES) {
      const piece = await source.next();
      if (piece.done === true) break;
      if (piece.value === IDLE) continue;
      pieces.push(piece.value);
      total += piece.value.length;
    }
  } catch (error) {
    if (total === 0 && isDone) throw error;
    isCutOff = true;
  } finally {
    await source.return();
  }
  const isWhole = isDone && !isCutOff && total <= SAMPLE_BYTES;
  return { bytes: Buffer.concat(pieces, total).subarray(0, SAMPLE_BYTES), isWhole };
}

/** The sample as UTF-8 text. */
export function sampleText(sample: Sample, encoding: Encoding): Sample {
  return { bytes: createTranscoder(encoding).write(sample.bytes), isWhole: sample.isWhole };
}
