import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCli, type CliResult } from '../../support/cli.ts';
import { tempFolder, type Finishing } from '../../support/temp.ts';
import { answer, hostileServer, take } from '../../support/hostile-server.ts';

// Sets the title, clears the screen, a colour as ours are, an 8-bit CSI, a bidi override and mark, an invisible tag: none of this may reach a terminal.
const EVIL = '\u001b]0;owned\u0007\u001b[2J\u001b[31m\u009b31m\u202e\u200f\u{e0041}';
// oxlint-disable-next-line no-control-regex -- they are what is looked for
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u{e0000}-\u{e007f}]/u;

function expectClean({ stdout, stderr }: CliResult): void {
  expect(CONTROL.exec(stdout)).toBeNull();
  expect(CONTROL.exec(stderr)).toBeNull();
}

function write(test: Finishing, name: string, text: string): string {
  const cwd = tempFolder(test);
  writeFileSync(join(cwd, name), text);
  return cwd;
}

describe('escape sequences', () => {
  it.concurrent('in file names, headers, cells and answers never reach the terminal', async (test) => {
    const name = `a${EVIL}b.csv`;
    const cwd = write(test, name, `id,email,x${EVIL}y\nu1,u1@example.com,${EVIL}\n,,${EVIL}\nu3,u3@example.com,z\n`);
    const server = await hostileServer(
      test,
      ({ socket }) =>
        void socket.write(
          answer(207, JSON.stringify({ errors: [{ batch_index: 0, reason: EVIL, field: EVIL, message: EVIL }] })),
        ),
    );
    for (const args of [
      ['import', name, '--verbose'],
      ['status'],
      ['status', '--run', '1'],
      ['import', name, '--json'],
      ['validate', name],
      ['import', name, '--dry-run'],
      ['import', `${name}x`],
      [`imp${EVIL}`],
      ['import', name, `--fl${EVIL}`],
    ])
      expectClean(await runCli(test, args, { cwd, trackUrl: server.url }));
  });

  it.concurrent.for([
    ['import', 'a\nb.csv'],
    ['import', 'a\nb.csv', '--json'],
    ['validate', 'a\nb.csv'],
    ['import', 'a\nb.csv', '--dry-run'],
    ['status'],
    ['status', '--run', '1'],
    ['import', 'no\nsuch.csv'],
    ['impo\nrt'],
    ['import', 'a\nb.csv', '--fl\nag'],
    ['import', 'a\nb.csv', '--journal', 'no\nsuch/\nfolder.db'],
    ['import', 'a\nb.csv', '--rate', '1\n2'],
    ['failures', '-o', 'no\nsuch/file'],
    ['validate', 'a\nb.csv', '--write-map', 'm\nap.json'],
    ['failures', '-o', 'f\nile.csv'],
    ['import', 'a\nb.csv', '--id-column', 'x\ny'],
    ['import', 'a\nb.csv', '--limit', '1'],
  ])('of lines in names begin no line of %j', async (args, test) => {
    const cwd = write(test, 'a\nb.csv', 'id,"x\ny",email\n1,a,b@example.com\n,b,\n');
    const server = await hostileServer(test, take);
    await runCli(test, ['import', 'a\nb.csv'], { cwd, trackUrl: server.url });
    const { stdout, stderr } = await runCli(test, args, { cwd, trackUrl: server.url });
    for (const line of args[0] === 'failures' ? stderr.split('\n') : `${stdout}${stderr}`.split('\n'))
      expect(line).not.toMatch(/^(?:b\.csv|such|rt'|ag'|2\b|y\b|ap\.json|ile\.csv|folder)/);
  });

  it.concurrent('in the command that continues are written so that a shell reads the same name', async (test) => {
    const cwd = write(test, 'a\u001b[2Jb.csv', 'id\nu1\n');
    const result = await runCli(test, ['import', 'a\u001b[2Jb.csv', '--max-attempts', '1'], {
      cwd,
      trackUrl: 'http://127.0.0.1:1',
    });
    expect(result.lastLine).toBe("cio-bulk import $'a\\u001b[2Jb.csv' --max-attempts 1");
  });
});

describe('names that JavaScript has its own ideas about', () => {
  it.concurrent('as CSV columns are data like all others', async (test) => {
    const cwd = write(test, 'p.csv', 'id,__proto__,constructor,toString,hasOwnProperty\nu1,a,b,c,d\n');
    const server = await hostileServer(test, take);
    const result = await runCli(test, ['import', 'p.csv', '--json'], { cwd, trackUrl: server.url });
    expect(result.code).toBe(0);
    expect(server.batches[0]?.body).toContain('"__proto__":"a"');
    expect(server.batches[0]?.body).toContain('"constructor":"b"');
    expect(server.batches[0]?.body).toContain('"toString":"c"');
  });

  it.concurrent('in NDJSON and in failures files are data like all others', async (test) => {
    const cwd = write(
      test,
      'p.ndjson',
      '{"id":"u1","__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}\n{"id":"u2"}\n',
    );
    const server = await hostileServer(test, ({ socket }) => void socket.write(answer(400, '{}')));
    const result = await runCli(test, ['import', 'p.ndjson', '--json'], { cwd, trackUrl: server.url });
    expect(result.code).toBe(6);
    expect(server.batches[0]?.body).toContain('"__proto__":{"polluted":true}');
    for (const format of ['csv', 'ndjson']) {
      const failures = await runCli(test, ['failures', '--format', format], { cwd });
      expect(failures.code).toBe(0);
      expect(failures.stdout).toContain('polluted');
      expect(failures.stdout).not.toContain('[native code]');
    }
  });

  it.concurrent('in a mapping file and in --set do no harm', async (test) => {
    const cwd = write(test, 'p.csv', 'id,a\nu1,x\n');
    writeFileSync(join(cwd, 'map.json'), '{"columns":{"a":{"to":"__proto__.polluted"},"__proto__":{"to":"b"}}}');
    const server = await hostileServer(test, take);
    for (const args of [
      ['--map', 'map.json'],
      ['--set', '__proto__.x=1'],
      ['--set', 'constructor=1'],
      ['--types', '__proto__:number'],
    ]) {
      const result = await runCli(test, ['import', 'p.csv', '--restart', ...args], { cwd, trackUrl: server.url });
      expect([0, 2]).toContain(result.code);
    }
  });
});

describe('run ids', () => {
  it.concurrent.for(['../../etc/passwd', '1/../2', '1; DROP TABLE runs', '-1', '1e3', '0x1', '９', ''])(
    '%j is refused with 2',
    async (id, test) => {
      const cwd = tempFolder(test);
      for (const command of ['status', 'failures']) {
        const result = await runCli(test, [command, '--run', id], { cwd });
        expect(result.code).toBe(2);
      }
    },
  );
});

it.concurrent.for([
  ['blanks', ' '.repeat(200_000)],
  ['digits', '1'.repeat(200_000)],
  ['dots and digits', '1.'.repeat(100_000)],
  ['dashes', '-'.repeat(200_000)],
  ['colons', '1:'.repeat(100_000)],
  ['at signs', 'a@'.repeat(100_000)],
] as const)('a cell of 200,000 characters of %s costs no time', async ([, cell], test) => {
  const cwd = write(
    test,
    'long.csv',
    `id,email,created_at,x\n${Array.from({ length: 3 }, (_, i) => `u${i},${cell},${cell},${cell}`).join('\n')}\n`,
  );
  const result = await runCli(test, ['import', 'long.csv', '--dry-run', '--quiet'], { cwd });
  expect([2, 6]).toContain(result.code);
  expect(result.elapsedMs).toBeLessThan(20_000);
});
