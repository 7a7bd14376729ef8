/** Generated input: the same seed gives the same bytes. */
import { createWriteStream, existsSync, mkdirSync, renameSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { FILES_FOLDER } from './paths.ts';

/** Part of the file name: a change of the generator must not measure old files. */
const VERSION = 1;
const ROW_BYTES = 80;
/** Events belong to so many people, drawn at random: about one row in seven meets its person in flight at 15 x 1,000 rows. */
const EVENT_PEOPLE = 100_000;
const PIECE_BYTES = 1 << 20;

export type Kind = 'people' | 'events';
export type Format = 'csv' | 'ndjson';

export interface FileSpec {
  readonly kind: Kind;
  readonly format: Format;
  readonly rows: number;
  /** Events without a time, spread over the file behind its first tenth, each of a person of its own. Default 0. */
  readonly timeless?: number;
  readonly seed?: number;
}

/** Makes the file unless it is there, and returns its path. CSV rows have 80 bytes, NDJSON rows hold the same values. */
export async function inputFile(spec: FileSpec): Promise<string> {
  const { kind, format, rows, timeless = 0, seed = 1 } = spec;
  const name = `${kind}-${rows}${timeless > 0 ? `-${timeless}-timeless` : ''}-seed${seed}-v${VERSION}.${format}`;
  const path = join(FILES_FOLDER, name);
  if (existsSync(path)) return path;
  mkdirSync(FILES_FOLDER, { recursive: true });
  const part = `${path}.${process.pid}.part`;
  const out = createWriteStream(part);
  const random = createRandom(seed);
  const row = kind === 'people' ? personRow : eventRow;
  const timelessEvery = timeless > 0 ? Math.floor((rows * 0.9) / timeless) : 0;
  let piece = format === 'csv' ? `${(kind === 'people' ? PEOPLE_COLUMNS : EVENT_COLUMNS).join(',')}\n` : '';
  for (let i = 0; i < rows; i++) {
    const behind = i - (rows - timeless * timelessEvery);
    piece += row(i, random, format, timelessEvery > 0 && behind >= 0 && behind % timelessEvery === 0);
    if (piece.length < PIECE_BYTES) continue;
    if (!out.write(piece, 'latin1')) await once(out, 'drain');
    piece = '';
  }
  out.end(piece, 'latin1');
  await once(out, 'finish');
  renameSync(part, path);
  return path;
}

const PEOPLE_COLUMNS = ['id', 'email', 'first_name', 'plan', 'visits', 'created_at'] as const;
const EVENT_COLUMNS = ['user_id', 'event', 'timestamp', 'order_id', 'amount'] as const;
const PLANS = ['free', 'plus', 'prof'];
const EVENTS = ['page_viewed', 'cart_filled', 'mail_opened', 'plan_change'];
const NAMES = ['Ada', 'Grace', 'Linus', 'Margaret', 'Dennis', 'Barbara', 'Ken', 'Frances'];

type Random = (below: number) => number;

function personRow(i: number, random: Random, format: Format): string {
  const name = NAMES[random(NAMES.length)] ?? '';
  const plan = PLANS[random(PLANS.length)] ?? '';
  const visits = 10_000 + random(90_000);
  const at = isoTime(random);
  const id = `u${digits(i, 9)}`;
  // id, plan, visits, time and separators take 45 bytes: name and address share the rest
  const email = `${name.toLowerCase()}.${digits(i, 9)}@${'x'.repeat(ROW_BYTES - 45 - 2 * name.length - 15)}.org`;
  if (format === 'csv') return `${id},${email},${name},${plan},${visits},${at}\n`;
  return `{"id":"${id}","email":"${email}","first_name":"${name}","plan":"${plan}","visits":${visits},"created_at":"${at}"}\n`;
}

function eventRow(i: number, random: Random, format: Format, isTimeless: boolean): string {
  const user = isTimeless ? `t${digits(i, 9)}` : `u${digits(random(EVENT_PEOPLE), 9)}`;
  const event = EVENTS[random(EVENTS.length)] ?? '';
  const drawn = isoTime(random);
  const at = isTimeless ? '' : drawn;
  const order = `order-${digits(random(1_000_000_000), 11)}-${digits(i, 9)}`;
  const amount = `${1000 + random(9000)}.${10 + random(90)}`;
  if (format === 'csv') return `${user},${event},${at},${order},${amount}\n`;
  return `{"user_id":"${user}","event":"${event}",${isTimeless ? '' : `"timestamp":"${at}",`}"order_id":"${order}","amount":${amount}}\n`;
}

/** Of the year 2024: far enough back not to trigger campaigns. */
function isoTime(random: Random): string {
  return `2024-${digits(1 + random(12), 2)}-${digits(1 + random(28), 2)}T${digits(random(24), 2)}:${digits(random(60), 2)}:${digits(random(60), 2)}Z`;
}

function digits(value: number, width: number): string {
  return String(value).padStart(width, '0');
}

/** mulberry32: small, quick, good enough for test data. */
function createRandom(seed: number): Random {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}
