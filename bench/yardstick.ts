/**
 * What one would write without cio-bulk, as a process of its own: `yardstick.js <way> <file> <url> <rows>`.
 *
 *   bare          parse, JSON, POST to /api/v2/batch: 1,000 rows a request, 15 in flight, one thread, no journal, no retry,
 *                 no order per person, no validation. CSV by csv-parse (stream, array mode), NDJSON by lines and JSON.parse.
 *   sdk-batch     the same with customerio-node's batch()
 *   sdk-identify  customerio-node's identify() or track(), a request per row, 15 in flight
 *
 * All of them read at most <rows> rows, convert numbers and times as cio-bulk does, and end with 1 when a request fails.
 */
import { createReadStream } from 'node:fs';
import { parse } from 'csv-parse';
import { TrackClient } from 'customerio-node';

const IN_FLIGHT = 15;
const BATCH_ROWS = 1000;

type Cells = readonly string[];
type Fields = Readonly<Record<string, unknown>>;
interface Operation {
  readonly type: 'person';
  readonly action: string;
  readonly identifiers: { readonly id: string };
  readonly attributes: Fields;
  readonly name?: string;
  readonly timestamp?: number;
}
type Send = (rows: Operation[]) => Promise<void>;

const [way = '', path = '', url = '', rowsText = ''] = process.argv.slice(2);
const rowsMax = Number(rowsText);
const isNdjson = path.endsWith('.ndjson');
const isEvents = /[/\\]events-[^/\\]*$/.test(path);
const toOperation = isEvents ? eventOf : personOf;

function personOf(row: Fields): Operation {
  const { id, created_at: createdAt, ...rest } = row;
  return {
    type: 'person',
    action: 'identify',
    identifiers: { id: String(id) },
    attributes: { ...rest, created_at: unixSeconds(createdAt) },
  };
}

function eventOf(row: Fields): Operation {
  const { user_id: id, event, timestamp, ...attributes } = row;
  return {
    type: 'person',
    action: 'event',
    identifiers: { id: String(id) },
    name: String(event),
    timestamp: unixSeconds(timestamp),
    attributes,
  };
}

/** Written out per column, as one would for one file; no generic mapping. */
function operationOfCells(cells: Cells): Operation {
  if (isEvents) {
    const [id = '', event = '', timestamp = '', orderId, amount] = cells;
    return {
      type: 'person',
      action: 'event',
      identifiers: { id },
      name: event,
      timestamp: unixSeconds(timestamp),
      attributes: { order_id: orderId, amount: Number(amount) },
    };
  }
  const [id = '', email, firstName, plan, visits, createdAt = ''] = cells;
  return {
    type: 'person',
    action: 'identify',
    identifiers: { id },
    attributes: { email, first_name: firstName, plan, visits: Number(visits), created_at: unixSeconds(createdAt) },
  };
}

function unixSeconds(text: unknown): number {
  return Math.floor(Date.parse(String(text)) / 1000);
}

/** Calls `onRow` for each row, synchronously from the parser; false pauses until `resume`. */
interface Source {
  resume(): void;
  readonly ended: Promise<void>;
}

function readCsv(onRow: (row: Operation) => boolean): Source {
  const parser = createReadStream(path, { highWaterMark: 256 * 1024 }).pipe(parse({ fromLine: 2, to: rowsMax }));
  parser.on('data', (cells: Cells) => {
    if (!onRow(operationOfCells(cells))) parser.pause();
  });
  return {
    resume: () => void parser.resume(),
    ended: new Promise((resolve, reject) => parser.once('end', resolve).once('error', reject)),
  };
}

function readNdjson(onRow: (row: Operation) => boolean): Source {
  const file = createReadStream(path, { highWaterMark: 256 * 1024, encoding: 'utf8' });
  let rest = '';
  let rows = 0;
  file.on('data', (piece) => {
    const lines = (rest + String(piece)).split('\n');
    rest = lines.pop() ?? '';
    let goOn = true;
    for (const line of lines) {
      if (rows++ >= rowsMax) return;
      goOn = onRow(toOperation(JSON.parse(line) as Fields)) && goOn;
    }
    if (!goOn) file.pause();
  });
  return {
    resume: () => void file.resume(),
    ended: new Promise((resolve, reject) => file.once('end', resolve).once('error', reject)),
  };
}

/** Reads, batches, and keeps 15 requests in flight; reading pauses while they are. */
async function pump(batchRows: number, send: Send): Promise<void> {
  const waiting: Operation[][] = [];
  let batch: Operation[] = [];
  let inFlight = 0;
  let failed: unknown;
  let wake: (() => void) | undefined;

  const launch = (): void => {
    while (inFlight < IN_FLIGHT && waiting.length > 0) {
      inFlight++;
      void send(waiting.shift() ?? [])
        .catch((error: unknown) => (failed ??= error))
        .finally(() => {
          inFlight--;
          launch();
          if (waiting.length < IN_FLIGHT) source.resume();
          if (inFlight === 0) wake?.();
        });
    }
  };
  const source = (isNdjson ? readNdjson : readCsv)((row) => {
    batch.push(row);
    if (batch.length >= batchRows) {
      waiting.push(batch);
      batch = [];
      launch();
    }
    return waiting.length < IN_FLIGHT;
  });
  await source.ended;
  if (batch.length > 0) waiting.push(batch);
  launch();
  if (inFlight > 0) await new Promise<void>((resolve) => (wake = resolve));
  if (failed !== undefined) throw failed instanceof Error ? failed : new Error('a request failed', { cause: failed });
}

async function bare(): Promise<void> {
  const { Pool } = await import('undici'); // only here: once loaded it takes the place of the dispatcher behind fetch(), on which the SDK rests
  const pool = new Pool(url, { connections: IN_FLIGHT, pipelining: 1 });
  const headers = {
    authorization: `Basic ${Buffer.from('bench:bench').toString('base64')}`,
    'content-type': 'application/json',
  };
  await pump(BATCH_ROWS, async (batch) => {
    const { statusCode, body } = await pool.request({
      method: 'POST',
      path: '/api/v2/batch',
      headers,
      body: JSON.stringify({ batch }),
    });
    await body.text();
    if (statusCode !== 200) throw new Error(`the answer was ${statusCode}`);
  });
  await pool.close();
}

async function sdk(batchRows: number): Promise<void> {
  const client = new TrackClient('bench', 'bench', { url: `${url}/api/v1` });
  await pump(batchRows, async (rows) => {
    const [first] = rows;
    if (batchRows > 1) await client.batch(rows);
    else if (first && isEvents)
      await client.track(first.identifiers.id, {
        name: first.name,
        timestamp: first.timestamp,
        data: first.attributes,
      });
    else if (first) await client.identify(first.identifiers.id, first.attributes);
  });
}

if (way === 'bare') await bare();
else if (way === 'sdk-batch') await sdk(BATCH_ROWS);
else if (way === 'sdk-identify') await sdk(1);
else throw new Error(`no such way: ${way}`);
