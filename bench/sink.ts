/**
 * A process that takes requests, validates nothing, and counts. It reads HTTP just far enough to find the end of a body,
 * since on two cores every microsecond spent here is missing in the sender.
 */
import { createServer, type AddressInfo, type Socket } from 'node:net';

export interface SinkSettings {
  readonly latencyMs: number;
  /** Look for `"action"` in the bodies: costs about as much as the rest together. */
  readonly countRows: boolean;
}

/** Times in milliseconds of the clock that all processes of a machine share (`monotonicMs` of processes.ts). */
export interface SinkCounts {
  /** Reads (the region) and writes. */
  readonly requests: number;
  readonly writes: number;
  readonly bodyBytes: number;
  /** Null unless it was asked for. */
  readonly rows: number | null;
  readonly firstRequestAt: number | null;
  readonly firstWriteAt: number | null;
  /** When the last byte of the last write had arrived. */
  readonly lastWriteAt: number | null;
}

export type ToSink = { readonly type: 'reset'; readonly settings: SinkSettings } | { readonly type: 'counts' };
export type FromSink =
  | { readonly type: 'listening'; readonly port: number }
  | { readonly type: 'ready' }
  | { readonly type: 'counts'; readonly counts: SinkCounts }
  | { readonly type: 'first_write'; readonly at: number };

const REGION = JSON.stringify({ url: 'https://track.customer.io', data_center: 'us', region: 'us', environment_id: 1 });
const HEAD_END = '\r\n\r\n';
const HEAD_BYTES_MAX = 64 * 1024;
const NEEDLE = '"action"';
const REGION_ANSWER = answer(REGION);
const EMPTY_ANSWER = answer('{}');

let settings: SinkSettings = { latencyMs: 0, countRows: false };
let counts = zero();

function zero(): { -readonly [K in keyof SinkCounts]: SinkCounts[K] } {
  return {
    requests: 0,
    writes: 0,
    bodyBytes: 0,
    rows: settings.countRows ? 0 : null,
    firstRequestAt: null,
    firstWriteAt: null,
    lastWriteAt: null,
  };
}

function answer(body: string): Buffer {
  return Buffer.from(
    `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}${HEAD_END}${body}`,
  );
}

function tell(message: FromSink): void {
  process.send?.(message);
}

function serve(socket: Socket): void {
  let head = '';
  let bodyLeft = 0;
  let isBatch = false;
  let edge = Buffer.alloc(0); // the end of the piece before: a needle may lie across two pieces

  socket.setNoDelay(true);
  socket.on('error', () => socket.destroy());
  socket.on('data', (piece: Buffer) => {
    for (let at = 0; at < piece.length;) at = bodyLeft > 0 ? readBody(piece, at) : readHead(piece, at);
  });

  function readHead(piece: Buffer, at: number): number {
    const before = head.length;
    head += piece.toString('latin1', at, Math.min(piece.length, at + HEAD_BYTES_MAX));
    const end = head.indexOf(HEAD_END, Math.max(0, before - HEAD_END.length));
    if (end === -1) {
      if (head.length > HEAD_BYTES_MAX) socket.destroy();
      return piece.length;
    }
    const text = head.slice(0, end);
    head = '';
    const isRead = text.startsWith('GET ');
    isBatch = text.startsWith('POST /api/v2/batch');
    bodyLeft = Number(/^content-length: *(\d+)/im.exec(text)?.[1] ?? 0);
    const now = clock();
    counts.requests++;
    counts.firstRequestAt ??= now;
    if (!isRead) {
      counts.writes++;
      if (!isBatch && counts.rows !== null) counts.rows++;
      if (counts.firstWriteAt === null) {
        counts.firstWriteAt = now;
        tell({ type: 'first_write', at: now });
      }
    }
    if (bodyLeft === 0) reply(isRead ? REGION_ANSWER : EMPTY_ANSWER);
    return at + end + HEAD_END.length - before;
  }

  function readBody(piece: Buffer, at: number): number {
    const end = Math.min(piece.length, at + bodyLeft);
    counts.bodyBytes += end - at;
    bodyLeft -= end - at;
    if (counts.rows !== null && isBatch) countRows(piece.subarray(at, end));
    if (bodyLeft > 0) return end;
    edge = Buffer.alloc(0);
    counts.lastWriteAt = clock();
    reply(EMPTY_ANSWER);
    return end;
  }

  function countRows(part: Buffer): void {
    const width = NEEDLE.length - 1;
    counts.rows = (counts.rows ?? 0) + occurrences(Buffer.concat([edge, part.subarray(0, width)])) + occurrences(part);
    edge = Buffer.from(
      part.length >= width ? part.subarray(part.length - width) : Buffer.concat([edge, part]).subarray(-width),
    );
  }

  function reply(bytes: Buffer): void {
    if (settings.latencyMs === 0) socket.write(bytes);
    else setTimeout(() => socket.write(bytes), settings.latencyMs);
  }
}

function occurrences(bytes: Buffer): number {
  let found = 0;
  for (let at = bytes.indexOf(NEEDLE); at !== -1; at = bytes.indexOf(NEEDLE, at + NEEDLE.length)) found++;
  return found;
}

function clock(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

process.on('message', (message: ToSink) => {
  if (message.type === 'counts') return tell({ type: 'counts', counts });
  settings = message.settings;
  counts = zero();
  tell({ type: 'ready' });
});
process.on('disconnect', () => process.exit(0));

const server = createServer(serve);
server.listen(0, '127.0.0.1', () => tell({ type: 'listening', port: (server.address() as AddressInfo).port }));
