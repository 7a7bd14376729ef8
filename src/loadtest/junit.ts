import type { LoadtestSummary } from './summary.ts';

/** The run as JUnit XML: one case for the verdict and one per threshold. Pure. */
export function toJunit(summary: LoadtestSummary): string {
  const cases = [
    { name: 'verdict', failure: summary.verdict === 'pass' ? null : `${summary.verdict}: ${summary.reason}` },
    ...summary.thresholds.map(({ metric, expression, ok }) => ({
      name: `${metric} ${expression}`,
      failure: ok ? null : 'threshold crossed',
    })),
  ];
  const failures = cases.filter(({ failure }) => failure !== null).length;
  const seconds = (summary.duration_ms / 1_000).toFixed(3);
  const suite = `cio-bulk loadtest ${summary.scenario} ${summary.planned.rate}/s`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="cio-bulk" tests="${cases.length}" failures="${failures}" time="${seconds}">`,
    `  <testsuite name="${escape(suite)}" id="${escape(summary.run)}" tests="${cases.length}" failures="${failures}" errors="0" skipped="0" time="${seconds}" timestamp="${summary.started_at}">`,
    ...cases.map(({ name, failure }) => toCase(suite, name, failure)),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

function toCase(suite: string, name: string, failure: string | null): string {
  const open = `    <testcase classname="${escape(suite)}" name="${escape(name)}"`;
  return failure === null ? `${open}/>` : `${open}><failure message="${escape(failure)}"/></testcase>`;
}

function escape(text: string): string {
  const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  return text.replace(/[&<>"]/g, (character) => entities[character] ?? character);
}
