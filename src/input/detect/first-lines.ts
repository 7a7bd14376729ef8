import type { TextLayout } from '../bytes/text-source.ts';
import { readSample } from './sample.ts';

const LINES_MAX = 50;
const BYTES_MAX = 64 * 1024;

/** The first lines of a source as they stand, to say what it looks like. */
export async function firstLines(layout: TextLayout): Promise<string[]> {
  const { bytes } = await readSample(layout, {});
  return bytes.toString('utf8', 0, BYTES_MAX).replace(/^\uFEFF/, '').split(/\r\n|\r|\n/, LINES_MAX);
}
