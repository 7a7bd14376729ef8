/** Places in a source: finding one again, and making sure that the text before it is the one that was read. */
import { createHash, type Hash } from 'node:crypto';
import type { Position } from '../../domain/chunk.ts';
import type { SourceLayout } from '../../domain/plan.ts';
import { changedWhileRead } from '../bytes/file-watch.ts';
import { digestAhead, skip, skipHalfLineEnd } from '../bytes/passing.ts';
import { openWindow, type Window } from '../bytes/window.ts';
import { changed } from '../detect/refusals.ts';

/** A source on its way from front to back. */
export interface Passage {
  readonly window: Window;
  /** Of the text that the window has left behind. */
  readonly hash: Hash;
  readonly layout: SourceLayout;
  /** What messages call the source. */
  readonly name: string;
}

/** Passes over the text before the first row wanted, and makes sure that it is the text of then. */
export async function seek({ window, hash, layout, name }: Passage, from: Position | null): Promise<Position> {
  const offset = from?.offset ?? layout.headerBytes;
  const last = await skip(window, offset, hash);
  const found = hash.copy().digest('hex');
  if (last === undefined || (from !== null && from.hash !== found)) throw changed(name, from?.row ?? 0);
  if (from === null) return { row: 0, line: layout.headerLines, offset, hash: found };
  if (layout.jsonArray || offset <= layout.headerBytes) return from;
  const passed = await skipHalfLineEnd(window, hash, last, () => changed(name, from.row));
  return { ...from, offset: offset + passed, hash: hash.copy().digest('hex') };
}

/** Rows up to the reach are known by their numbers: the text in which they were counted must be there still, before one more is sent. */
export async function assertReach({ window, hash, name }: Passage, start: Position, reach: Position): Promise<void> {
  const ahead = reach.offset - start.offset;
  if (ahead <= 0) return;
  const digest = await digestAhead(window, ahead, hash);
  if (digest !== reach.hash) throw changed(name, reach.row);
}

/** Reads the file once more up to a place, to see whether what was read of it still stands there. */
export async function assertSame({ layout, name }: Passage, place: Position): Promise<void> {
  const again = openWindow(layout, { follow: false, signal: undefined });
  try {
    const hash = createHash('sha256');
    if ((await skip(again, place.offset, hash)) !== undefined && hash.digest('hex') === place.hash) return;
  } finally {
    await again.close();
  }
  throw changedWhileRead(name, 'what was read of it is no longer there');
}
