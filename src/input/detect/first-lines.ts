import type { TextLayout } from '../bytes/decoders.ts';
import { sourceAt } from '../bytes/source-at.ts';
import { readSample } from './sample.ts';

const LINES_MAX = 50;
const BYTES_MAX = 64 * 1024;

/** The first lines of a source, as far as it is there: for saying what it looks like. */
export async function firstLines(layout: TextLayout): Promise<string[]> {
  const { bytes } = await readSample(sourceAt(layout.path, { follow: false }), layout);
  return bytes
    .toString('utf8', 0, BYTES_MAX)
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\r|\n/, LINES_MAX);
}
