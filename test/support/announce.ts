import { TOOLS } from './tools.ts';

/** Before the tests: how long they take, and what is skipped for want of a tool. */
export function setup(): void {
  const missing = TOOLS.filter(({ isThere }) => !isThere);
  const isWhole = process.argv.slice(2).every((word) => word === 'run' || word.startsWith('-'));
  const lines = [
    ...(isWhole ? ['All tests: about ten minutes on two cores. Most start the real program against the sandbox, and some kill it.'] : []),
    ...missing.map(({ name, without }) => `Skipped, ${name} is missing: ${without}`),
  ];
  if (lines.length > 0) process.stderr.write(`\n${lines.join('\n')}\n`);
}
