/** Every question of the program, on a real terminal. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sandboxFor } from '../../support/sandbox.ts';
import { tempFolder, type Finishing } from '../../support/temp.ts';
import { hasTerminals, onTerminal, type OnTerminal } from '../../support/terminal.ts';
import { until } from '../../support/until.ts';
import { planLoadtest } from '../../support/test-people.ts';

const QUESTION = /to go on: $|stop \(anything else\)\? $/;

async function asked(
  test: Finishing,
  args: readonly string[],
): Promise<{ terminal: OnTerminal; operations: () => Promise<number> }> {
  const sandbox = await sandboxFor(test);
  const cwd = tempFolder(test);
  writeFileSync(join(cwd, 'gone.csv'), 'email\na@example.com\nb@example.com\na@example.com\n');
  writeFileSync(join(cwd, 'left.csv'), 'id,object_type_id,object_id\n7,1,acme\n7,1,globex\n');
  writeFileSync(join(cwd, 'events.csv'), 'email,event\na@example.com,signed_up\n');
  planLoadtest(cwd, 'abcd', 3, sandbox.siteId);
  const terminal = onTerminal(test, args, { cwd, trackUrl: sandbox.trackUrl });
  await until(() => QUESTION.test(terminal.shown()), 'a question', terminal.shown);
  return { terminal, operations: async () => (await sandbox.state()).operations_received };
}

describe.skipIf(!hasTerminals)('a question', () => {
  it.concurrent('before people are deleted comes after the plan and names how many they are', async (test) => {
    const { terminal, operations } = await asked(test, ['import', 'gone.csv', '--action', 'delete']);
    expect(terminal.shown()).toMatch(
      /Plan for .*people to delete[^]*reaches 2 people of .*gone\.csv[^]*Type "delete" to go on: $/,
    );
    expect(await operations()).toBe(0);
    terminal.type('delete\r');
    expect(await terminal.ended).toBe(0);
    expect(await operations()).toBeGreaterThan(0);
  });

  it.concurrent('before relationships are removed names how many people have them', async (test) => {
    const { terminal } = await asked(test, ['import', 'left.csv', '--action', 'delete']);
    expect(terminal.shown()).toMatch(
      /Plan for .*relationships to delete[^]*reaches relationships of 1 person of .*left\.csv and removes them/,
    );
    terminal.type('\r');
    expect(await terminal.ended).toBe(2);
  });

  it.concurrent.for(["don't delete", 'DELETE', 'delete them', 'y', '', '\u0004'])(
    'takes the word alone, and not %j',
    async (answer, test) => {
      const { terminal, operations } = await asked(test, ['import', 'gone.csv', '--action', 'delete']);
      terminal.type(answer === '\u0004' ? answer : `${answer}\r`);
      expect(await terminal.ended).toBe(2);
      expect(terminal.shown()).toContain('was not confirmed: nothing was sent');
      expect(await operations()).toBe(0);
    },
  );

  it.concurrent.for([['import', 'gone.csv', '--action', 'suppress'], ['import', 'events.csv'], ['cleanup']])(
    'of %j is ended by Ctrl-C with 130, nothing sent, and the command that asks again',
    async (args, test) => {
      const { terminal, operations } = await asked(test, args);
      terminal.type('\u0003');
      expect(await terminal.ended).toBe(130);
      expect(terminal.shown().trimEnd().split('\n').at(-1)).toBe(`cio-bulk ${args.join(' ')}`);
      expect(await operations()).toBe(0);
    },
  );
});
