// Runs one of the long checks, which are tests without a place in `npm test`: `node scripts/long-run.js <file> --rounds 100`.
// Its options reach the check as environment variables: --rounds becomes LONG_ROUNDS.
import { startVitest } from 'vitest/node';

const [file, ...words] = process.argv.slice(2);
if (file === undefined) throw new Error('usage: node scripts/long-run.js <file> [--name value]...');
for (let at = 0; at < words.length; at += 2) {
  const [name, value] = [words[at], words[at + 1]];
  if (!/^--[a-z]+$/.test(name) || !/^\d+(\.\d+)?$/.test(value ?? ''))
    throw new Error(`${name}: expected a number behind it`);
  process.env[`LONG_${name.slice(2).toUpperCase()}`] = value;
}
const vitest = await startVitest('test', [], {
  include: [file],
  watch: false,
  testTimeout: 0,
  hookTimeout: 0,
  disableConsoleIntercept: true,
});
await vitest.close();
