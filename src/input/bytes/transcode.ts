import type { Encoding } from '../../domain/plan.ts';
import { IDLE, type Pieces } from './byte-source.ts';

/** Turns a stream of bytes, piece by piece, into UTF-8 bytes. The byte order mark stays, as the mark of UTF-8. */
export interface Transcoder {
  write(chunk: Buffer): Buffer;
  /** What was held back; an incomplete unit becomes a byte that no UTF-8 has, so that its row is a fault. */
  end(): Buffer;
}

const NOTHING = Buffer.alloc(0);
const BAD_BYTE = Buffer.from([0xff]);

/** 0x80-0x9f of windows-1252. Own table: the TextDecoder of some Node versions reads these as latin1. */
const WINDOWS_1252 = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ';

/** Controls that no text has (what an encoding leaves undefined ends there), and what stands for bytes that are no character. */
// oxlint-disable-next-line no-control-regex -- these are the ones to find
const UNDEFINED = /[\u0080-\u009f\ufffd]/;
const HALF_PAIR = /\p{Surrogate}/u;

export function createTranscoder(encoding: Encoding): Transcoder {
  if (encoding === 'windows-1252') return { write: fromWindows1252, end: () => NOTHING };
  if (encoding === 'utf-8') return { write: (chunk) => chunk, end: () => NOTHING };
  if (encoding === 'utf-16le' || encoding === 'utf-16be') return createUtf16Transcoder(encoding === 'utf-16be');
  const decoder = new TextDecoder(encoding, { ignoreBOM: true });
  return {
    write: (chunk) => encode(decoder.decode(chunk, { stream: true }), UNDEFINED),
    end: () => encode(decoder.decode(), UNDEFINED),
  };
}

/** The decoder of text in another encoding. */
export async function* transcode(pieces: Pieces, encoding: Encoding): Pieces {
  const transcoder = createTranscoder(encoding);
  for await (const piece of pieces) yield piece === IDLE ? IDLE : transcoder.write(piece);
  const rest = transcoder.end();
  if (rest.length > 0) yield rest;
}

function fromWindows1252(chunk: Buffer): Buffer {
  // oxlint-disable-next-line no-control-regex
  const text = chunk
    .toString('latin1')
    .replaceAll(/[\u0080-\u009f]/g, (char) => WINDOWS_1252[char.charCodeAt(0) - 0x80] ?? char);
  return encode(text, UNDEFINED);
}

function createUtf16Transcoder(isBigEndian: boolean): Transcoder {
  let held: Buffer = NOTHING;
  return {
    write(chunk) {
      const bytes = held.length > 0 ? Buffer.concat([held, chunk]) : chunk;
      let length = bytes.length - (bytes.length % 2);
      if (length >= 2 && isHighSurrogate(bytes, length - 2, isBigEndian)) length -= 2;
      held = Buffer.from(bytes.subarray(length));
      const units = Buffer.from(bytes.subarray(0, length));
      return encode((isBigEndian ? units.swap16() : units).toString('utf16le'), HALF_PAIR);
    },
    end() {
      return held.length > 0 ? BAD_BYTE : NOTHING;
    },
  };
}

function isHighSurrogate(bytes: Buffer, at: number, isBigEndian: boolean): boolean {
  const high = bytes[isBigEndian ? at : at + 1] ?? 0;
  return high >= 0xd8 && high <= 0xdb;
}

/** What is no character has no UTF-8: a bad byte in its place makes the row a fault instead of changing it silently. */
function encode(text: string, bad: RegExp): Buffer {
  const parts = text.split(bad);
  if (parts.length === 1) return Buffer.from(text);
  return Buffer.concat(
    parts.flatMap((part, index) => (index === 0 ? [Buffer.from(part)] : [BAD_BYTE, Buffer.from(part)])),
  );
}
