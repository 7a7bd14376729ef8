/** A preset that is written to a file, to be edited, does the same from there. */
import { fileURLToPath } from 'node:url';
import { readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parseMappingFile } from '../../../src/mapping/plan/mapping-file.ts';
import { writeMappingFile } from '../../../src/mapping/plan/mapping-write.ts';
import { inferPlan } from '../../../src/mapping/plan/plan.ts';
import { presetNames, readPreset } from '../../../src/reading/presets.ts';
import { readAll } from '../../support/reading.ts';

const FOLDER = fileURLToPath(new URL('../../../fixtures/presets/', import.meta.url));
const files = readdirSync(FOLDER);

it.for(presetNames().filter((name) => files.includes(`${name}.ndjson`)))('%s', async (name) => {
  const { layout, rows } = await readAll(`${FOLDER}${name}.ndjson`);
  const first = inferPlan(layout, rows, { map: readPreset(name).file });
  const second = inferPlan(layout, rows, { map: parseMappingFile(writeMappingFile(first), 'written.json') });
  expect(second.plan).toEqual(first.plan);
});
