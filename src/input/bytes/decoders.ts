import { basename } from 'node:path';
import type { SourceLayout } from '../../domain/plan.ts';
import type { ByteReading, ByteSource, OpenBytes, Pieces } from './byte-source.ts';
import { decompress } from './decompress.ts';
import { transcode } from './transcode.ts';

/** Turns the bytes of a source into other bytes on their way to UTF-8 text. Only the undecoded bytes can start anywhere but at 0. */
export type Decoder = (pieces: Pieces) => Pieces;

export type TextLayout = Pick<SourceLayout, 'path' | 'compression' | 'encoding'>;

/** What lies between the bytes of a source and its text, in the order in which it is undone. */
function decodersOf({ path, compression, encoding }: TextLayout): readonly Decoder[] {
  const decoders: Decoder[] = [];
  if (compression !== 'none') decoders.push((pieces) => decompress(pieces, compression, basename(path)));
  if (encoding !== 'utf-8') decoders.push((pieces) => transcode(pieces, encoding));
  return decoders;
}

/** The UTF-8 text of a source, in pieces. */
export function openText(source: ByteSource, layout: TextLayout, reading: Omit<ByteReading, 'isText'>): OpenBytes {
  const decoders = decodersOf(layout);
  const { pieces, watch } = source.open({ ...reading, isText: decoders.length === 0 });
  return { pieces: decoders.reduce((decoded, decode) => decode(decoded), pieces), watch };
}
