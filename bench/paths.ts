import { fileURLToPath } from 'node:url';

/** Compiled files stand in `.cache/bench/js/bench`. */
const fromRoot = (path: string): string => fileURLToPath(new URL(`../../../../${path}`, import.meta.url));
const fromHere = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export const CLI = fromRoot('bin/cio-bulk.js');
/** Generated files, kept from run to run. */
export const FILES_FOLDER = fromRoot('.cache/bench/files');
/** Journals of the runs, on the same disk as the project: what `fsync` costs is part of the figures. Emptied at the end. */
export const RUNS_FOLDER = fromRoot('.cache/bench/runs');
export const SINK = fromHere('./sink.js');
export const PROBE = fromHere('./probe.js');
export const YARDSTICK = fromHere('./yardstick.js');
export const READ_AND_PREPARE = fromHere('./read-and-prepare.js');
