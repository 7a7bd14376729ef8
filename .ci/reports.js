// What vitest's reports say about a step of .ci/run. A step leaves <step>.json and, if files were run again, <step>-alone.json.
//   node .ci/reports.js failed <folder> <step>    the files in which something failed, one a line
//   node .ci/reports.js sum <folder> <code>       what failed, and then the line that says how many tests passed
import { existsSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

/** Of the list of failures: the log is long, and often only its end is looked at. */
const LINES_MAX = 60;
const MESSAGE_LINES_MAX = 6;
const LINE_CHARS_MAX = 300;

const [command, folder, argument] = process.argv.slice(2);
const lines =
  command === 'failed'
    ? filesOf(argument)
        .filter(hasFailed)
        .map(({ name }) => name)
    : sum(Number(argument));
if (lines.length > 0) process.stdout.write(`${lines.join('\n')}\n`);

/** The files of a report; none where vitest did not get so far. */
function filesOf(report) {
  const path = join(folder, `${report}.json`);
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')).testResults : [];
}

function hasFailed(file) {
  return file.status === 'failed';
}

function sum(code) {
  const [first, second] = [stepOf('with'), stepOf('without')];
  const failures = [...first.failures, ...second.failures];
  // Install, build or check failed, or an error outside of any test.
  const failed = failures.length === 0 && code !== 0 ? 1 : failures.length;
  // A test is skipped if no step ran it. Tests that the second step ran again count only if they failed.
  return [
    ...capped([...failures.flatMap(failureLines), ...[...first.once, ...second.once].map(onceLine)]),
    `${first.count('passed')} passed, ${failed} failed, ${first.count('skipped')} skipped`,
  ];
}

/** How a step ended: a file that was run again counts as it ended then. */
function stepOf(step) {
  const alone = new Map(filesOf(`${step}-alone`).map((file) => [file.name, file]));
  const files = filesOf(step);
  const last = files.map((file) => alone.get(file.name) ?? file);
  const failures = last.flatMap(failuresOf);
  const failedAgain = new Set(failures.map(({ name }) => name));
  const once = files.flatMap(failuresOf).filter(({ name }) => !failedAgain.has(name));
  const statuses = last.flatMap(({ assertionResults }) => assertionResults).map(({ status }) => status);
  return { failures, once, count: (wanted) => statuses.filter((status) => status === wanted).length };
}

/** The tests that failed; the file itself if it failed outside of them, in a hook or an import. */
function failuresOf(file) {
  if (!hasFailed(file)) return [];
  const path = relative('.', file.name);
  const tests = file.assertionResults.filter(({ status }) => status === 'failed');
  if (tests.length === 0) return [{ name: path, message: file.message || 'failed outside of its tests' }];
  return tests.map(({ ancestorTitles, title, failureMessages }) => ({
    name: [path, ...ancestorTitles.filter((text) => text !== ''), title].join(' > '),
    message: failureMessages.at(-1) ?? '',
  }));
}

/** The message, and the first line of the stack. */
function failureLines({ name, message }) {
  const all = message.split('\n').filter((line) => line.trim() !== '');
  const stack = all.findIndex((line) => /^\s+at /.test(line));
  const [text, place] = stack === -1 ? [all, []] : [all.slice(0, stack), [all[stack]]];
  return [
    `failed: ${name}`,
    ...[...text.slice(0, MESSAGE_LINES_MAX), ...place].map((line) => `    ${cut(line.trim())}`),
  ];
}

function onceLine({ name, message }) {
  const [text] = message.split(/\n\s+at /);
  return `failed once, passed alone: ${name}: ${cut(text.replaceAll(/\s+/g, ' '))}`;
}

function cut(line) {
  return line.length > LINE_CHARS_MAX ? `${line.slice(0, LINE_CHARS_MAX)}…` : line;
}

function capped(lines) {
  return lines.length <= LINES_MAX
    ? lines
    : [...lines.slice(0, LINES_MAX), `and ${lines.length - LINES_MAX} more lines: see the log`];
}
