import { EXIT, type ExitCode } from '../domain/errors.ts';
import type { Host } from '../domain/host.ts';
import type { InputFile } from '../input/files.ts';
import { recentInSample, samplePayloads } from '../mapping/sample.ts';
import { plural } from '../report/numbers.ts';
import { safeText, type Terminal } from '../report/terminal.ts';
import { withSample, type OpenSource } from './open-source.ts';
import { preparedChunks } from './prepared-chunks.ts';
import { RECENT_HOURS } from './recent-events.ts';
import type { SendingOptions } from './sending-flags.ts';
import { showPlan } from './show-plan.ts';
import type { SourceOptions } from './source-flags.ts';
import { where } from './undelivered-lines.ts';
import { recordsOf } from '../input/records.ts';

/** Plan, sample payloads and every row that could not be sent: nothing is sent, nothing is journalled. */
export function dryRunFile(file: InputFile, options: SourceOptions, sending: SendingOptions, host: Host, terminal: Terminal): Promise<ExitCode> {
  return withSample(file, options, host, (source) => showDryRun(source, file, options, sending, host, terminal));
}

async function showDryRun(source: OpenSource, file: InputFile, options: SourceOptions, sending: SendingOptions, host: Host, terminal: Terminal): Promise<ExitCode> {
  showPlan(terminal, terminal.data, source.source, source.layout, source.planned);
  const identity = { target: '', dataset: source.name, clockMs: host.clock.now() };
  const sinceSeconds = Math.floor(host.clock.now() / 1000) - RECENT_HOURS * 3600;
  const spec = { layout: source.layout, plan: source.planned.plan, identity };
  for (const { kind, row, operation, single } of samplePayloads(spec, source.sample)) {
    const route = single ? `${single.method} ${single.path}` : 'in a v2 batch';
    terminal.data(`\nSample: ${kind} (row ${row}, ${route})\n  ${safeText(operation)}`);
  }
  const recent = recentInSample(spec, source.sample, sinceSeconds);
  if (recent > 0 && !sending.allowTriggers && !options.skipRecent && !sending.sandbox)
    terminal.warn(`${plural(recent, 'event')} of the sample could trigger campaigns: the import will ask for --allow-triggers or --skip-recent`);
  let rows = 0;
  let invalid = 0;
  let skipped = 0;
  const task = { ...spec, from: null, skipRows: options.skip, recent: { policy: 'allow', sinceSeconds }, follow: source.follow, name: file.name, rowsMax: options.limit === null ? null : options.limit + options.skip } as const;
  for await (const { chunk } of preparedChunks(task, host.stopping)) {
    rows += chunk.rows;
    skipped += Object.values(chunk.skipped).reduce((a, b) => a + b, 0);
    const shown = terminal.options.json ? chunk.invalid : chunk.invalid.slice(0, Math.max(0, 20 - invalid));
    const records = recordsOf(source.layout, chunk.raw, chunk.start.line, shown.map(({ index }) => index));
    shown.forEach((fault, i) => {
      const at = { row: chunk.start.row + fault.index + 1, line: records[i]?.line ?? 0, column: fault.column ?? null };
      terminal.json({ type: 'undelivered', run: null, ...at, state: 'invalid', code: fault.code, reason: fault.message, field: fault.field ?? null });
      terminal.data(`${where(file.name, at)}: invalid: ${fault.message}`);
    });
    invalid += chunk.invalid.length;
  }
  const exitCode = invalid > 0 ? EXIT.undelivered : EXIT.ok;
  terminal.data(`\nDry run: ${plural(rows, 'row')} read, ${plural(rows - invalid - skipped, 'row')} to send, ${invalid} invalid, ${skipped} skipped. Nothing was sent.`);
  terminal.json({ type: 'summary', run: null, source: source.source, rows_read: rows, delivered: 0, rejected: 0, failed: 0, invalid, skipped, unclear: 0, pending: rows - invalid - skipped, in_doubt_resent: 0, requests: 0, retries: 0, bytes_sent: 0, duration_ms: 0, rows_per_second: 0, exit_code: exitCode });
  return exitCode;
}
