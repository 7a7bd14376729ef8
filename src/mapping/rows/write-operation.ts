/** Writes operations: from an identifier and finished JSON texts to the text that is sent, with its route and its keys. */
import type { PrepareSpec } from '../../domain/plan.ts';
import type { Packer } from './packer.ts';
import { createEventWriter } from './write-event.ts';
import type { WriteTimes } from './write-times.ts';
import { createV1Writer } from './write-v1.ts';
import { createV2Writer } from './write-v2.ts';
import type { Emitter } from './writer.ts';

export function createEmitter(
  spec: Pick<PrepareSpec, 'plan' | 'identity' | 'recent'>,
  packer: Packer,
  times: WriteTimes | null = null,
): Emitter {
  const { api, itemBytesMax } = spec.plan;
  return {
    ...(api === 'v1' ? createV1Writer(packer, times) : createV2Writer(packer, times, itemBytesMax)),
    ...createEventWriter(spec, packer),
  };
}
