import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { SCENARIOS } from '../../../src/domain/loadtest.ts';
import { summaryOf } from '../../support/loadtest-examples.ts';

const docs = readFileSync(new URL('../../../docs/loadtest.md', import.meta.url), 'utf8');
const environment = readFileSync(new URL('../../../k6/lib/environment.ts', import.meta.url), 'utf8');

describe('docs/loadtest.md', () => {
  it('describes every field of summary.json', () => {
    const summary = summaryOf();
    const inner = Object.values(summary).flatMap((value: unknown) =>
      typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.keys(value) : [],
    );
    const named = [
      ...Object.keys(summary),
      ...inner.filter((name) => !/^\d/.test(name)),
      ...Object.keys(summary.curve[0] ?? {}),
    ];
    for (const field of named) expect(docs, field).toContain(`\`${field}\``);
  });

  it('describes every scenario and every variable of the scripts', () => {
    for (const scenario of SCENARIOS) expect(docs).toContain(`| \`${scenario}\``);
    for (const [name] of environment.matchAll(/CIO_BULK_[A-Z0-9]+(?:_[A-Z0-9]+)*|CUSTOMERIO_[A-Z]+(?:_[A-Z]+)*/g))
      expect(docs, name).toContain(name);
  });
});
